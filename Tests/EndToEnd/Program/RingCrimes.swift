// What a container can write into its own lane that no correct one would, and what the driver must say of it.
// Committed inside containers, by an input that then lingers or goes on as if nothing had been.

import CGantryRing
import Glibc

/// Nonsense in a lane.
enum RingCrime: Int, CaseIterable {
  // The words.
  case tailBack, tailBeyond, tailUnaligned, tailFarAhead
  // Headers whose checksum is right.
  case wrongMagic, wrongEpoch, unknownKind, tooLong, wrongFirst, tooMany, none, wrongPosition, olderPosition
  // Checksums.
  case wrongHeaderChecksum, wrongPayloadChecksum
  // Records that would be right at another time.
  case duplicate, secondStart, strangePosition, pieceThenOutputs, pieceThenError, emptyPiece, longPayload
  // Without end.
  case emptyForever, piecesForever, startsForever

  /// What the error must say; nil: the input's own result is all that may suffer.
  var verdict: String {
    switch self {
    case .tailBack, .tailBeyond, .tailFarAhead: "a tail"
    case .tailUnaligned: "a tail"
    case .wrongMagic: "a record without its mark"
    case .wrongEpoch: "a record of another container"
    case .unknownKind: "a record of unknown kind 99"
    case .tooLong: "a record of 1048576 bytes, which ends behind"
    case .wrongFirst: "from 1, where 0"
    case .tooMany: "a record for 1000 inputs"
    case .none: "a record for no input"
    case .wrongPosition, .olderPosition, .strangePosition, .duplicate: "a record for "
    case .wrongHeaderChecksum: "a record whose header has a wrong checksum"
    case .wrongPayloadChecksum: "whose checksum is wrong"
    case .secondStart, .startsForever: "a second start"
    case .pieceThenOutputs: "outputs amid the pieces of another"
    case .pieceThenError: "an error amid the pieces of an output"
    case .emptyPiece: "a piece of 0 bytes"
    case .longPayload: "a record of 800 bytes for 1 outputs of 8"
    case .emptyForever: "a record for no input"
    case .piecesForever: "an output of more than"
    }
  }

  var isEndless: Bool { self == .emptyForever || self == .piecesForever || self == .startsForever }

  /// Writes it into this container's lane.
  func commit() {
    let lane = HostileLane.own
    let eight = [UInt8](repeating: 7, count: 8)
    switch self {
    case .tailBack: lane.store(.tail, lane.load(.tail) &- 64)
    case .tailBeyond: lane.store(.tail, lane.load(.tail) &+ UInt64(lane.ringBytes) &+ 64)
    case .tailUnaligned: lane.store(.tail, lane.load(.tail) &+ 8)
    case .tailFarAhead: lane.store(.tail, .max / 128 * 64)
    case .wrongMagic: lane.publishAltered(lane.honestRecord(), eight) { $0.magic ^= 1 }
    case .wrongEpoch: lane.publishAltered(lane.honestRecord(), eight) { $0.epoch &+= 1 }
    case .unknownKind: lane.publishAltered(lane.honestRecord(), eight) { $0.kind = 99 }
    case .tooLong: lane.publishAltered(lane.honestRecord(), eight) { $0.length = 1 << 20 }
    case .wrongFirst: lane.publishAltered(lane.honestRecord(), eight) { $0.first &+= 1 }
    case .tooMany: lane.publishAltered(lane.honestRecord(), eight) { $0.count = 1000 }
    case .none: lane.publishAltered(lane.honestRecord(last: false)) { $0.count = 0 }
    case .wrongPosition: lane.publishAltered(lane.honestRecord(), eight) { $0.position &+= 1 }
    case .olderPosition: lane.publishAltered(lane.honestRecord(), eight) { $0.position &-= 1 }
    case .strangePosition: lane.publishAltered(lane.honestRecord(), eight) { $0.position ^= 1 << 63 }
    case .wrongHeaderChecksum: lane.publish(lane.honestRecord(), eight) { $0.header_check ^= 1 << 40 }
    case .wrongPayloadChecksum: lane.publishAltered(lane.honestRecord(), eight) { $0.check ^= 1 }
    case .duplicate:
      lane.publish(lane.honestRecord(last: false), eight)
      lane.publish(lane.honestRecord(), eight)
    case .secondStart: lane.publish(lane.honestRecord(Int(GANTRY_RECORD_STARTED), last: false))
    case .pieceThenOutputs:
      lane.publish(lane.honestRecord(Int(GANTRY_RECORD_MORE), last: false), RingCrime.piece)
      lane.publish(lane.honestRecord(), eight)
    case .pieceThenError:
      lane.publish(lane.honestRecord(Int(GANTRY_RECORD_MORE), last: false), RingCrime.piece)
      lane.publish(lane.honestRecord(Int(GANTRY_RECORD_THREW)), eight)
    case .emptyPiece: lane.publish(lane.honestRecord(Int(GANTRY_RECORD_MORE), last: false))
    case .longPayload: lane.publish(lane.honestRecord(), [UInt8](repeating: 9, count: 800))
    case .emptyForever: forever(lane) { $0.count = 0 }
    case .piecesForever: forever(lane, RingCrime.piece) { $0.kind = UInt16(GANTRY_RECORD_MORE) }
    case .startsForever: forever(lane) { $0.kind = UInt16(GANTRY_RECORD_STARTED) }
    }
  }

  static let piece = [UInt8](repeating: 1, count: 200_000)

  /// Publishes one record after the other, with no regard for room.
  private func forever(_ lane: HostileLane, _ payload: [UInt8] = [], _ alter: (inout gantry_record) -> Void) {
    let record = lane.honestRecord(last: false)
    // As a correct container would, it waits for room: what it writes is to be looked at.
    while true {
      while lane.load(.tail) &- lane.head > UInt64(lane.ringBytes / 2) { pauseThread(0) }
      lane.publishAltered(record, payload, alter)
    }
  }
}
