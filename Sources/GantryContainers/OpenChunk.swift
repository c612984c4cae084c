// A claimed chunk while its inputs run: where each input lies, and the record its outputs are written into.
// Inlined into user modules up to the calls that publish; one thread, no allocation per input.

public import CGantryRing
import GantryWire

/// The chunk a container is working on, and its open record in the completion ring.
@frozen
public struct OpenChunk {
  @usableFromInline let lane: UnsafeMutablePointer<gantry_consumer>
  @usableFromInline let claim: gantry_claim
  @usableFromInline let cursor: gantry_cursor
  /// The decoded chunk.
  @usableFromInline let inputs: UnsafeRawBufferPointer
  /// The first input whose output is not published.
  @usableFromInline var unpublished: UInt32
  @usableFromInline var since: UInt64

  package init(
    lane: UnsafeMutablePointer<gantry_consumer>, claim: gantry_claim, inputs: UnsafeRawBufferPointer
  ) {
    self.lane = lane
    self.claim = claim
    var claim = claim
    cursor = gantry_cursor_make(lane, &claim)
    self.inputs = inputs
    unpublished = claim.first
    since = gantry_clock_ns()
  }

  /// The first input to run.
  @inlinable
  package var first: UInt32 { claim.first }

  /// Whether nothing from `input` on is ours to run.
  @inlinable
  package func isOver(at input: UInt32) -> Bool { input >= gantry_claim_end(claim) }

  /// Where the outputs of the open record go.
  @inlinable
  package var outputs: UnsafeMutableRawPointer { UnsafeMutableRawPointer(gantry_consumer_payload(lane)) }

  /// Opens a record: the payload bytes that may be written at `outputs`, at least `bytes` of them.
  ///
  /// Waits for the driver to make room. A record takes at most a quarter of the ring, so that the driver reads one
  /// while the next is written.
  @usableFromInline
  package func openRecord(atLeast bytes: Int) -> Int {
    let most = Int(lane.pointee.ring_bytes / 4)
    var room = Int(clamping: gantry_consumer_room(lane))
    while room < bytes {
      waitForRoom(bytes)
      room = Int(clamping: gantry_consumer_room(lane))
    }
    return min(room, max(most, bytes))
  }

  private func waitForRoom(_ bytes: Int) {
    switch Int(gantry_consumer_wait_room(lane, UInt64(bytes))) {
    case GANTRY_WAIT_STOP: leaveProcess()
    case GANTRY_WAIT_TIMEOUT: leaveProcessIfOrphaned()
    default: break
    }
  }

  /// How many outputs of `width` bytes may be written before the record is published.
  @inlinable
  package func openPacked(width: Int) -> UInt32 {
    let every = claim.publish_every
    // Even a record without bytes needs room for its header.
    let room = openRecord(atLeast: max(width, 1))
    guard width > 0 else { return every }
    return min(every, UInt32(truncatingIfNeeded: min(room / width, Int(UInt32.max))))
  }

  /// Publishes the outputs of everything before `input`, `bytes` long and in place; `last` leaves the chunk there.
  @usableFromInline
  package mutating func publish(through input: UInt32, bytes: Int, last: Bool) {
    guard last || input != unpublished else { return }
    publish(
      Int(GANTRY_RECORD_OUTPUTS), first: unpublished, count: input - unpublished, bytes: bytes, last: last)
    unpublished = input
  }

  private mutating func publish(
    _ kind: Int, first: UInt32, count: UInt32, bytes: Int, last: Bool, flags: UInt16 = 0
  ) {
    flushOutput()
    let now = gantry_clock_ns()
    var record = gantry_record()
    record.kind = UInt16(kind)
    record.flags = flags | (last ? UInt16(GANTRY_RECORD_LAST) : 0)
    record.first = first
    record.count = count
    record.position = claim.position
    record.length = UInt64(bytes)
    record.busy_ns = now &- since
    since = now
    gantry_consumer_publish(lane, &record)
  }

  /// Publishes the contents of one frame that does not fit a record, piece by piece.
  @usableFromInline
  package mutating func publishLarge(_ input: UInt32, _ contents: UnsafeRawBufferPointer) {
    let piece = Int(lane.pointee.ring_bytes / 4) - 128
    var rest = contents[...]
    while true {
      let bytes = rest.prefix(piece)
      rest = rest.dropFirst(bytes.count)
      _ = openRecord(atLeast: max(bytes.count, 1))
      if let start = UnsafeRawBufferPointer(rebasing: bytes).baseAddress {
        outputs.copyMemory(from: start, byteCount: bytes.count)
      }
      let kind = rest.isEmpty ? GANTRY_RECORD_LARGE : GANTRY_RECORD_MORE
      publish(Int(kind), first: input, count: 1, bytes: bytes.count, last: false)
      if rest.isEmpty { break }
    }
    unpublished = input + 1
  }

  /// Publishes that `input` threw, after the outputs before it.
  @usableFromInline
  package mutating func publish(thrown error: any Error, by input: UInt32) {
    publishText(Int(GANTRY_RECORD_THREW), input) { encoder, mostBytes in
      ErrorCoding.encode(error, into: &encoder, mostBytes: mostBytes)
    }
  }

  /// Publishes that `input` or its output cannot be coded, and why.
  @usableFromInline
  package mutating func publish(undeliverable reason: String, _ input: UInt32) {
    publishText(Int(GANTRY_RECORD_UNENCODABLE), input) { encoder, mostBytes in
      encoder.encode(String(decoding: reason.utf8.prefix(mostBytes / 2), as: UTF8.self))
    }
  }

  private mutating func publishText(
    _ kind: Int, _ input: UInt32, _ encode: (inout PayloadEncoder, Int) -> Void
  ) {
    let most = Int(lane.pointee.ring_bytes / 4)
    var encoder = PayloadEncoder()
    encode(&encoder, most)
    let length = min(encoder.count, most)
    _ = openRecord(atLeast: max(length, 1))
    encoder.withBytes { outputs.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: length) }
    publish(kind, first: input, count: 1, bytes: length, last: false)
    unpublished = input + 1
  }
}
