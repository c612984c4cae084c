// Publishes the outcomes of inputs that run at the same time: one record for each, or the pieces of a large output in a
// row. Used by the tasks of a concurrent container, one at a time; never waits for anything but room in the ring.

import Dispatch
import GantryLanes
import GantryWire

/// The publishing side of a lane, for several tasks.
struct OutcomePress: Sendable {
  private let turn = DispatchSemaphore(value: 1)

  /// Publishes what became of the one input of a descriptor, and leaves the descriptor.
  func publish(
    _ output: borrowing PayloadEncoder, _ failure: InputFailure?, of claim: Claim, busy: UInt64,
    on lane: LaneConsumer
  ) {
    turn.wait()
    defer { turn.signal() }
    // What an input printed is out before its output is.
    flushOutput()
    let record = OpenOutcome(lane: lane, claim: claim, busy: busy)
    switch failure {
    case nil: output.withBytes { record.publish(output: $0) }
    case .threw(let error):
      record.publishText(.threw) { ErrorCoding.encode(error, into: &$0, mostBytes: $1) }
    case .undecodable(let error):
      record.publish(undeliverable: "Its input could not be decoded: \(error)")
    case .unencodable(let reason):
      record.publish(undeliverable: reason)
    }
  }
}

/// The outcome that is being published.
private struct OpenOutcome {
  let lane: LaneConsumer
  let claim: Claim
  let busy: UInt64

  /// The most bytes of one record.
  private var most: Int { lane.ringBytes / 4 - 128 }

  func publish(output: UnsafeRawBufferPointer) {
    guard output.count > most else { return publish(.outputs, output, isLast: true) }
    // Pieces carry an output without its length.
    var frames = FrameReader(output)
    let contents = frames.next()
    var rest = (frames.offset == output.count ? contents ?? output : output)[...]
    while rest.count > most {
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(most))
      rest = rest.dropFirst(most)
      publish(.more, piece, isLast: false, toCome: rest.count)
    }
    publish(.large, UnsafeRawBufferPointer(rebasing: rest), isLast: true)
  }

  func publish(undeliverable reason: String) {
    publishText(.unencodable) { encoder, mostBytes in
      encoder.encode(String(decoding: reason.utf8.prefix(mostBytes / 2), as: UTF8.self))
    }
  }

  func publishText(_ kind: RecordKind, _ encode: (inout PayloadEncoder, Int) -> Void) {
    var encoder = PayloadEncoder()
    encode(&encoder, most)
    encoder.withBytes { bytes in
      publish(kind, UnsafeRawBufferPointer(rebasing: bytes.prefix(most)), isLast: true)
    }
  }

  private func publish(_ kind: RecordKind, _ bytes: UnsafeRawBufferPointer, isLast: Bool, toCome: Int = 0) {
    while lane.room < max(bytes.count, 1) {
      switch lane.pollForRoom(bytes.count) {
      case .stop:
        // A lane of the driver's own process that was written off has nobody left to write to.
        guard isContainerProcess() else { return }
        leaveProcessUnlessRoomComes()
      case .timeout: leaveProcessIfOrphaned()
      case .ready: break
      }
    }
    if let start = bytes.baseAddress { lane.payload.copyMemory(from: start, byteCount: bytes.count) }
    if kind == .more {
      return lane.publishPiece(claim.position, input: claim.first, bytes.count, toCome: toCome)
    }
    lane.publish(
      kind, position: claim.position, inputs: claim.first..<(claim.first + 1), bytes: bytes.count,
      isLast: isLast, busy: busy)
  }
}
