// A call's outputs between the completion rings and the caller: copied out, put in order, kept until they are taken.
// Everything here runs under the driver's lock and runs no user code.

import GantryLanes
import GantryWire

/// What the driver knows of a call's outputs without knowing their type.
class OutputSink {
  /// Buffers whose outputs were decoded: memory that was touched before costs no page faults.
  @exclusivity(unchecked) private var spares = SpareBuffers()

  /// An empty buffer for encoded outputs, with room if there is one to be used again.
  final func spareBuffer() -> [UInt8] { spares.take() }

  /// Takes buffers for further use, instead of those that were not used since.
  final func keep(_ buffers: SpareBuffers) { spares = buffers }

  /// Whether the caller has something to take.
  var hasReady: Bool { fatalError("An output sink must say what is ready.") }

  /// Whether a failure is among what is ready.
  var hasFailure: Bool { fatalError("An output sink must say whether something failed.") }

  /// Copies `count` outputs from the input at `index` on out of a record, behind `skipped` that came before.
  ///
  /// `check` is the checksum the record claims for its whole payload; nil for an open record. The copy is checked.
  /// Returns the bytes the outputs take.
  func accept(
    index: Int, count: Int, from payload: SharedBytes, skipped: Int, check: UInt64?
  ) throws(LaneViolation) -> Int {
    fatalError("An output sink must say how it copies outputs.")
  }

  /// Takes one output that came in pieces: encoded, or the elements of an array of bytes.
  func acceptLarge(index: Int, bytes: [UInt8], areElements: Bool) {
    fatalError("An output sink must take large outputs.")
  }

  /// Takes the encoded error of one input.
  func accept(thrown bytes: [UInt8], index: Int, attempts: Int) {
    fatalError("An output sink must take errors.")
  }

  /// Takes the failure of one input.
  func accept(_ failure: InputError) { fatalError("An output sink must take failures.") }

  /// Forgets everything.
  func clear() { fatalError("An output sink must let go of its outputs.") }
}

/// Buffers to be used again, as many as are no burden.
struct SpareBuffers {
  private var buffers: [[UInt8]] = []
  private var room = 4 << 20

  /// Keeps a buffer that nobody else has, unless there are enough.
  mutating func add(_ buffer: consuming [UInt8]) {
    guard buffer.capacity > 0, buffer.capacity <= room else { return }
    room -= buffer.capacity
    buffer.removeAll(keepingCapacity: true)
    buffers.append(buffer)
  }

  /// An empty buffer, with room if there is one.
  mutating func take() -> [UInt8] {
    guard let buffer = buffers.popLast() else { return [] }
    room += buffer.capacity
    return buffer
  }
}

/// What of a call's outputs anybody wants.
enum SinkKeeping {
  case all, failures, nothing
}

/// The outputs of one type.
final class TypedSink<Output>: OutputSink {
  let coding: OutputCoding<Output>
  let isOrdered: Bool
  @exclusivity(unchecked) private var next = 0  // the index that is due, when ordered
  @exclusivity(unchecked) private var ready: [Parcel<Output>] = []
  @exclusivity(unchecked) private var held: [Int: Parcel<Output>] = [:]
  @exclusivity(unchecked) private var readyHasFailure = false

  @exclusivity(unchecked) private(set) var keeping: SinkKeeping

  init(_ coding: OutputCoding<Output>, ordered: Bool, keeping: SinkKeeping = .all) {
    self.coding = coding
    self.keeping = keeping
    isOrdered = ordered
  }

  override var hasReady: Bool { !ready.isEmpty && (ready.count > 1 || ready[0].count > 0) }
  override var hasFailure: Bool { readyHasFailure }

  /// Hands everything that is ready over.
  func take() -> [Parcel<Output>] {
    defer {
      ready = []
      readyHasFailure = false
    }
    return ready
  }

  /// Grows what is ready ahead of so many outputs.
  func reserve(_ count: Int) {
    guard keeping == .all, coding.width > 0, ready.isEmpty, next == 0 else { return }
    var parcel = Parcel<Output>(index: 0, count: 0, content: .values)
    parcel.values.reserveCapacity(sensibleCapacity(for: count, Output.self, bytes: 1 << 30))
    ready.append(parcel)
  }

  override func clear() {
    ready = []
    held = [:]
  }

  /// From now on nobody wants anything.
  func dropAll() {
    keeping = .nothing
    clear()
  }

  /// Ends all inputs before `end` that have not ended, as cancelled.
  ///
  /// Ordered outputs only.
  func cancelRest(before end: Int, of function: String) {
    while next < end {
      let before = next
      // Each moves `next` behind itself and what was held behind it.
      accept(InputError(function: function, index: next, attempts: 0, reason: .cancelled))
      if next == before { next += 1 }
    }
  }

  override func accept(
    index: Int, count: Int, from payload: SharedBytes, skipped: Int, check: UInt64?
  ) throws(LaneViolation) -> Int {
    guard keeping == .all else {
      // Nobody wants a copy: the sum is all that is taken of it.
      if let check, payload.read(0..<payload.count, { checksum($0) }) != check {
        throw LaneViolation("outputs whose checksum is wrong")
      }
      return 0
    }
    switch coding.width {
    case framed: return try acceptFrames(index, count, payload, skipped, check)
    case 0:
      add(Parcel(index: index, count: count, content: .values, values: coding.nothing(count)))
      return 0
    default: return try acceptPacked(index, count, payload, skipped, check)
    }
  }

  private func acceptPacked(
    _ index: Int, _ count: Int, _ payload: SharedBytes, _ skipped: Int, _ check: UInt64?
  ) throws(LaneViolation) -> Int {
    let width = coding.width
    let bytes = (skipped + count) * width
    guard check == nil ? payload.count >= bytes : payload.count == bytes else {
      throw LaneViolation("a record of \(payload.count) bytes for \(skipped + count) outputs of \(width)")
    }
    // In order and whole: the copy is the last one the outputs see before the caller.
    if skipped == 0, !isOrdered || index == next {
      if ready.isEmpty || !ready[ready.count - 1].accepts(index) {
        ready.append(Parcel(index: index, count: 0, content: .values))
      }
      let last = ready.count - 1
      let before = ready[last].values.count
      ready[last].append(payload, count, by: coding)
      if let check, ready[last].checksum(from: before) != check {
        ready[last].values.removeLast(count)
        if before == 0 { ready.removeLast() }
        throw LaneViolation("outputs whose checksum is wrong")
      }
      ready[last].count += count
      if isOrdered { advance(by: count) }
      return count * width
    }
    var parcel = Parcel<Output>(index: index, count: count, content: .values)
    parcel.append(payload, skipped + count, by: coding)
    if let check, parcel.checksum(from: 0) != check { throw LaneViolation("outputs whose checksum is wrong") }
    if skipped > 0 { parcel.values.removeFirst(skipped) }
    add(parcel)
    return count * width
  }

  private func acceptFrames(
    _ index: Int, _ count: Int, _ payload: SharedBytes, _ skipped: Int, _ check: UInt64?
  ) throws(LaneViolation) -> Int {
    var bytes = spareBuffer()
    if let check {
      payload.append(to: &bytes)
      guard bytes.withUnsafeBytes({ checksum($0) }) == check else {
        throw LaneViolation("outputs whose checksum is wrong")
      }
    } else {
      // It ends nowhere: what is copied of it ends with the last frame that is wanted.
      guard payload.copyFrames(skipped + count, to: &bytes) else {
        throw LaneViolation("an open record without its outputs")
      }
    }
    if skipped > 0 {
      let start = bytes.withUnsafeBytes { raw in
        var frames = FrameReader(raw)
        return frames.skip(skipped) ? frames.offset : raw.count
      }
      bytes.removeFirst(start)
    }
    add(Parcel(index: index, count: count, content: .frames, bytes: bytes))
    return bytes.count
  }

  override func acceptLarge(index: Int, bytes: [UInt8], areElements: Bool) {
    add(Parcel(index: index, count: 1, content: .large(areElements: areElements), bytes: bytes))
  }

  override func accept(thrown bytes: [UInt8], index: Int, attempts: Int) {
    add(Parcel(index: index, count: 1, content: .thrown(attempts: attempts), bytes: bytes))
  }

  override func accept(_ failure: InputError) {
    add(Parcel(index: failure.index, count: 1, content: .failure(failure)))
  }

  private func add(_ parcel: Parcel<Output>) {
    if keeping == .nothing || (keeping == .failures && !parcel.mayHoldFailure) { return }
    guard isOrdered else {
      append(parcel)
      return
    }
    guard parcel.index == next else {
      held[parcel.index] = parcel
      return
    }
    append(parcel)
    advance(by: parcel.count)
  }

  private func append(_ parcel: Parcel<Output>) {
    let last = ready.count - 1
    if case .values = parcel.content, last >= 0, ready[last].accepts(parcel.index) {
      ready[last].values.append(contentsOf: parcel.values)
      ready[last].count += parcel.count
    } else {
      ready.append(parcel)
      if parcel.mayHoldFailure { readyHasFailure = true }
    }
  }

  private func advance(by count: Int) {
    next += count
    while let parcel = held.removeValue(forKey: next) {
      append(parcel)
      next += parcel.count
    }
  }
}

/// Room for all outputs of a call: an endless range has it reserved for what fits so many bytes, and grows beyond.
func sensibleCapacity<Output>(for count: Int, _ type: Output.Type, bytes: Int) -> Int {
  min(count, bytes / max(MemoryLayout<Output>.stride, 1))
}

extension Parcel {
  /// Whether decoding it may give a failure.
  var mayHoldFailure: Bool {
    switch content {
    case .values, .frames, .large: false
    case .thrown, .failure: true
    }
  }

  /// Whether packed outputs from `index` on continue this parcel.
  func accepts(_ index: Int) -> Bool {
    guard case .values = content else { return false }
    return self.index + count == index
  }

  /// Copies packed outputs from shared memory.
  mutating func append(_ payload: SharedBytes, _ count: Int, by coding: OutputCoding<Output>) {
    // Packed outputs are trivial types of this width, written by the same executable; records are aligned to 64.
    payload.read(0..<(count * coding.width)) { coding.appendPacked($0, &values) }
  }

  /// The checksum of the values from `start` on.
  func checksum(from start: Int) -> UInt64 {
    values.withUnsafeBytes { all in
      GantryLanes.checksum(UnsafeRawBufferPointer(rebasing: all[(start * MemoryLayout<Output>.stride)...]))
    }
  }
}
