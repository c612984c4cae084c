// A claimed chunk while its inputs run: where each input lies, and the record its outputs are written into.
// Inlined into user modules up to the calls that publish; one thread, no allocation per input.

public import GantryLanes
import GantryWire

/// The chunk a container is working on, and its open record in the completion ring.
@frozen
public struct OpenChunk {
  @usableFromInline let lane: LaneConsumer
  @usableFromInline let claim: Claim
  @usableFromInline let cursor: InputCursor
  /// The decoded chunk.
  @usableFromInline let inputs: UnsafeRawBufferPointer
  /// The first input whose output is not published.
  @usableFromInline var unpublished: UInt32
  @usableFromInline var since: UInt64

  package init(_ lane: LaneConsumer, _ claim: Claim, inputs: UnsafeRawBufferPointer) {
    self.lane = lane
    self.claim = claim
    cursor = InputCursor(lane, claim)
    self.inputs = inputs
    unpublished = claim.first
    since = monotonicNow()
  }

  /// The first input to run.
  @inlinable
  package var first: UInt32 { claim.first }

  /// Whether nothing from `input` on is ours to run.
  @inlinable
  package func isOver(at input: UInt32) -> Bool { input >= claim.end }

  /// Where the outputs of the open record go.
  @inlinable
  package var outputs: UnsafeMutableRawPointer { lane.payload }

  /// Opens a record: the payload bytes that may be written at `outputs`, at least `bytes` of them.
  ///
  /// Waits for the driver to make room. A record takes at most a quarter of the ring, so that the driver reads one
  /// while the next is written.
  @usableFromInline
  package func openRecord(atLeast bytes: Int) -> Int {
    let most = lane.ringBytes / 4
    var room = lane.room
    while room < bytes {
      switch lane.waitForRoom(bytes) {
      case .stop: leaveProcessUnlessRoomComes()
      case .timeout: leaveProcessIfOrphaned()
      case .ready: break
      }
      room = lane.room
    }
    return min(room, max(most, bytes))
  }

  /// How many outputs of `width` bytes may be written before the record is published.
  @inlinable
  package func openPacked(width: Int) -> UInt32 {
    let every = claim.publishEvery
    // Even a record without bytes needs room for its header.
    let room = openRecord(atLeast: max(width, 1))
    guard width > 0 else { return every }
    return min(every, UInt32(truncatingIfNeeded: min(room / width, Int(UInt32.max))))
  }

  /// Publishes the outputs of everything before `input`, `bytes` long and in place; `last` leaves the chunk there.
  @usableFromInline
  package mutating func publish(through input: UInt32, bytes: Int, last: Bool) {
    guard last || input != unpublished else { return }
    publish(.outputs, unpublished..<input, bytes: bytes, isLast: last)
    unpublished = input
  }

  private mutating func publish(
    _ kind: RecordKind, _ inputs: Range<UInt32>, bytes: Int, isLast: Bool = false, toCome: Int = 0
  ) {
    flushOutput()
    if kind == .more {
      return lane.publishPiece(claim.position, input: inputs.lowerBound, bytes, toCome: toCome)
    }
    let now = monotonicNow()
    lane.publish(
      kind, position: claim.position, inputs: inputs, bytes: bytes, isLast: isLast, busy: now &- since)
    since = now
  }

  /// Publishes the contents of one frame that does not fit a record, piece by piece; `last` says what they are.
  mutating func publishLarge(
    _ input: UInt32, _ contents: UnsafeRawBufferPointer, as last: RecordKind = .large
  ) {
    let piece = lane.ringBytes / 4 - 128
    var rest = contents[...]
    while true {
      let bytes = rest.prefix(piece)
      rest = rest.dropFirst(bytes.count)
      _ = openRecord(atLeast: max(bytes.count, 1))
      if let start = UnsafeRawBufferPointer(rebasing: bytes).baseAddress {
        outputs.copyMemory(from: start, byteCount: bytes.count)
      }
      publish(
        rest.isEmpty ? last : .more, input..<(input + 1), bytes: bytes.count, toCome: rest.count)
      if rest.isEmpty { break }
    }
    unpublished = input + 1
  }

  /// Publishes that `input` threw, after the outputs before it.
  @usableFromInline
  package mutating func publish(thrown error: any Error, by input: UInt32) {
    publishText(.threw, input) { encoder, mostBytes in
      ErrorCoding.encode(error, into: &encoder, mostBytes: mostBytes)
    }
  }

  /// Publishes that `input` or its output cannot be coded, and why.
  @usableFromInline
  package mutating func publish(undeliverable reason: String, _ input: UInt32) {
    publishText(.unencodable, input) { encoder, mostBytes in
      encoder.encode(String(decoding: reason.utf8.prefix(mostBytes / 2), as: UTF8.self))
    }
  }

  private mutating func publishText(
    _ kind: RecordKind, _ input: UInt32, _ encode: (inout PayloadEncoder, Int) -> Void
  ) {
    let most = lane.ringBytes / 4
    var encoder = PayloadEncoder()
    encode(&encoder, most)
    let length = min(encoder.count, most)
    _ = openRecord(atLeast: max(length, 1))
    encoder.withBytes { outputs.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: length) }
    publish(kind, input..<(input + 1), bytes: length)
    unpublished = input + 1
  }
}
