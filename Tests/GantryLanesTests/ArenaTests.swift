// The arena's blocks: large enough and not wasteful at every size, never two in one place, counted, and given
// back.

import TestSupport
import Testing

@testable import GantryLanes

struct ArenaTests {
  // MARK: Size classes

  @Test func everySizeFitsItsClassAndNoSmallerOne() {
    var wrong: [Int] = []
    var before = 0
    for bytes in 0...(4 << 20) {
      let index = Arena.sizeClass(bytes)
      let capacity = Arena.capacity(index)
      let fits = capacity >= bytes && Arena.sizeClass(capacity) == index
      let tight = index == 0 || Arena.capacity(index - 1) < bytes
      let thrifty = bytes < Arena.smallest || capacity * 4 <= bytes * 5 + 4
      if !(fits && tight && thrifty && index >= before) { wrong.append(bytes) }
      before = index
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(10)) and others")
  }

  @Test func everyClassUpToTheWholeSpanIsItsOwn() {
    var before = 0
    for index in 0..<Arena.classes where Arena.capacity(index) > 0 && Arena.capacity(index) <= Int(Arena.span)
    {
      let capacity = Arena.capacity(index)
      #expect(capacity > before)
      #expect(Arena.sizeClass(capacity) == index)
      #expect(Arena.sizeClass(capacity - 1) == index)
      #expect(Arena.sizeClass(capacity + 1) == index + 1)
      // Inputs are loaded in place: blocks keep the alignment that any of them needs.
      #expect(capacity % 128 == 0)
      if capacity > Arena.largest { #expect(capacity % 4_096 == 0, "pages of its own are given back whole") }
      before = capacity
    }
  }

  // MARK: Blocks

  /// Live blocks in order of their offsets, with the byte that fills their ends.
  private struct Shadow {
    var blocks: [(block: ArenaBlock, mark: UInt8)] = []
    var bytes = 0

    /// The index at which a block of this offset stands or would stand.
    func index(_ offset: UInt64) -> Int {
      var low = 0
      var high = blocks.count
      while low < high {
        let middle = (low + high) / 2
        if blocks[middle].block.offset < offset { low = middle + 1 } else { high = middle }
      }
      return low
    }

    mutating func insert(_ block: ArenaBlock, _ mark: UInt8) {
      let at = index(block.offset)
      if at > 0 {
        let left = blocks[at - 1].block
        if left.offset + UInt64(left.capacity) > block.offset { Issue.record("\(block) overlaps \(left)") }
      }
      if at < blocks.count, block.offset + UInt64(block.capacity) > blocks[at].block.offset {
        Issue.record("\(block) overlaps \(blocks[at].block)")
      }
      blocks.insert((block, mark), at: at)
      bytes += block.capacity
    }
  }

  /// Writes and checks both ends of a block, which is where a neighbour would be met.
  private func ends(_ arena: borrowing Arena, _ block: ArenaBlock) -> [UnsafeMutableRawBufferPointer] {
    let all = UnsafeMutableRawBufferPointer(start: arena.pointer(block), count: block.capacity)
    return [.init(rebasing: all.prefix(128)), .init(rebasing: all.suffix(128))]
  }

  @Test(arguments: [(1 as UInt64, true), (2, true), (3, false), (4, false)])
  func noTwoLiveBlocksOverlap(row: (seed: UInt64, anonymous: Bool)) throws {
    var random = SeededGenerator(seed: row.seed)
    var arena = try Arena(anonymous: row.anonymous)
    var shadow = Shadow()
    for round in 0..<6_000 {
      let grows = (round / 500).isMultiple(of: 2)
      if shadow.blocks.isEmpty || Int.random(in: 0..<10, using: &random) < (grows ? 7 : 3) {
        // Mostly small, some between the slabs and the large ones, a few of many pages.
        let most = [600, 5_000, 5_000, 60_000, 70_000, 300_000, 3 << 20][
          Int.random(in: 0..<7, using: &random)]
        guard shadow.bytes < 100 << 20 else { continue }
        let bytes = Int.random(in: 0...most, using: &random)
        let block = try arena.allocate(bytes)
        #expect(block.capacity >= bytes)
        #expect(block.offset % 128 == 0)
        let mark = UInt8.random(in: .min ... .max, using: &random)
        shadow.insert(block, mark)
        for end in ends(arena, block) { end.initializeMemory(as: UInt8.self, repeating: mark) }
      } else {
        let (block, mark) = shadow.blocks.remove(at: Int.random(in: 0..<shadow.blocks.count, using: &random))
        shadow.bytes -= block.capacity
        for end in ends(arena, block) where end.contains(where: { $0 != mark }) {
          Issue.record("\(block) was written by another's owner")
        }
        arena.release(block)
      }
      #expect(arena.used == shadow.bytes)
    }
    for (block, _) in shadow.blocks { arena.release(block) }
    #expect(arena.used == 0)
  }

  @Test func aReleasedBlockIsTheNextOfItsSize() throws {
    var arena = try Arena(anonymous: true)
    for bytes in [1, 700, 65_536, 70_000, 1 << 20, 3 << 20] {
      let block = try arena.allocate(bytes)
      arena.release(block)
      let again = try arena.allocate(bytes)
      #expect(again.offset == block.offset && again.capacity == block.capacity, "warm pages are used again")
    }
  }

  // MARK: Memory of the system

  @Test(arguments: [true, false]) func largeBlocksBeyondTheWarmOnesReturnToTheSystem(anonymous: Bool) throws {
    var arena = try Arena(anonymous: anonymous)
    #expect(residentBytes(arena.readable) == 0, "nothing is reserved before it is used")
    let size = 4 << 20
    var blocks: [ArenaBlock] = []
    for _ in 0..<10 {
      let block = try arena.allocate(size)
      arena.pointer(block).initializeMemory(as: UInt8.self, repeating: 0xab, count: block.capacity)
      blocks.append(block)
    }
    #expect(residentBytes(arena.readable) >= 10 * size)
    #expect(arena.used == 10 * size)
    for block in blocks { arena.release(block) }
    #expect(arena.used == 0)
    #expect(
      residentBytes(arena.readable) == Arena.warmLimit, "as much stays warm as is allowed, no page more")

    // Punched ranges come back reserved, empty and writable, at the places they had.
    var again: [ArenaBlock] = []
    for _ in 0..<10 {
      let block = try arena.allocate(size)
      let bytes = UnsafeMutableRawBufferPointer(start: arena.pointer(block), count: block.capacity)
      #expect(Set([bytes[0], bytes[size / 2], bytes[size - 1]]).isSubset(of: [0, 0xab]))
      bytes.initializeMemory(as: UInt8.self, repeating: 0xcd)
      #expect(bytes.allSatisfy { $0 == 0xcd })
      again.append(block)
    }
    #expect(Set(again.map(\.offset)) == Set(blocks.map(\.offset)))
    #expect(residentBytes(arena.readable) == 10 * size)
    for block in again { arena.release(block) }
  }

  @Test func oneBlockLargerThanAllWarmMemoryIsPunched() throws {
    var arena = try Arena(anonymous: false)
    let block = try arena.allocate(Arena.warmLimit + 1)
    #expect(residentBytes(arena.readable) == block.capacity)
    arena.release(block)
    #expect(residentBytes(arena.readable) == 0)
    let small = try arena.allocate(3 << 20)
    arena.release(small)
    #expect(
      residentBytes(arena.readable) == small.capacity, "the one before left the warm memory's count alone")
  }

  @Test(arguments: [true, false]) func nothingIsLeftOfAnArena(anonymous: Bool) throws {
    var object = ""
    do {
      var arena = try Arena(anonymous: anonymous)
      for bytes in [1_000, 1 << 20, 64 << 20] { _ = try arena.allocate(bytes) }
      object = identity(arena.readable)
      #expect(isOpen(object))
    }
    #expect(!isOpen(object))
  }

  @Test func requestsBeyondTheSpanAreRefusedAndChangeNothing() throws {
    var arena = try Arena(anonymous: true)
    for bytes in [Int(Arena.span) + 1, 1 << 40, Int.max - 1, Int.max] {
      #expect(throws: SharedMemoryError.self) { try arena.allocate(bytes) }
      #expect(arena.used == 0)
    }
    #expect(residentBytes(arena.readable) == 0)
    #expect(try arena.allocate(1_000).capacity == 1_024)
  }
}
