// A chunk of a call's inputs that has left its source: where its bytes lie and how many inputs are not accounted for.
// Guarded by the driver's lock. Freed when no input of it is open and no lane holds a descriptor of it.

import GantryLanes

final class Chunk {
  let call: Call
  /// The index of its first input in the call.
  let base: Int
  let count: UInt32
  let block: ArenaBlock
  let form: ChunkForm
  /// Inputs that were neither delivered nor dropped.
  @exclusivity(unchecked) var unaccounted: Int
  /// Descriptors in lanes that name it.
  @exclusivity(unchecked) var references = 0

  init(call: Call, base: Int, count: Int, block: ArenaBlock, form: ChunkForm) {
    self.call = call
    self.base = base
    self.count = UInt32(count)
    self.block = block
    self.form = form
    unaccounted = count
  }
}

/// Chunks by the number that ledgers and pieces know them by.
struct ChunkTable {
  private var slots: [Chunk?] = []
  private var free: [Int] = []

  subscript(id: Int) -> Chunk {
    guard let chunk = slots[id] else {
      preconditionFailure("Chunk \(id) was freed while a lane still names it.")
    }
    return chunk
  }

  mutating func insert(_ chunk: Chunk) -> Int {
    if let id = free.popLast() {
      slots[id] = chunk
      return id
    }
    slots.append(chunk)
    return slots.count - 1
  }

  mutating func remove(_ id: Int) {
    slots[id] = nil
    free.append(id)
  }
}
