// Helpers of the lane tests: a lane with both its ends in one process, and what the
// kernel says of an object's pages.

import CGantryRing
import Testing

@testable import GantryLanes

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Bytes of memory that an object holds.
func residentBytes(_ fd: Int32) -> Int {
  var info = stat()
  return fstat(fd, &info) == 0 ? Int(info.st_blocks) * 512 : -1
}

/// What a descriptor refers to, the same for all that refer to it and for nothing else in this process.
///
/// Tests run side by side, so descriptors that stay open are told by their object, not counted.
func identity(_ fd: Int32) -> String {
  var info = stat()
  guard fstat(fd, &info) == 0 else { return "" }
  var text = [UInt8](repeating: 0, count: 512)
  let file = open("/proc/self/fdinfo/\(fd)", O_RDONLY | O_CLOEXEC)
  let count = max(0, read(file, &text, text.count))
  close(file)
  // All event descriptors share one inode; the kernel numbers them here.
  let event = String(decoding: text.prefix(count), as: UTF8.self).split(separator: "\n")
    .first { $0.hasPrefix("eventfd-id") }
  return "\(info.st_dev):\(info.st_ino) \(event ?? "")"
}

/// Whether some descriptor of this process still refers to an object.
func isOpen(_ object: String) -> Bool { (0..<1_024).contains { identity(Int32($0)) == object } }

/// A lane whose container runs in this process, and the small arena it reads.
final class Pair {
  static let epoch: UInt64 = 0x1234_5678_9abc_def0

  let lane: LaneProducer
  let container: LaneConsumer
  private let arena: SharedMemory
  let arenaBytes: Mapping

  init(ringBytes: UInt64 = 65_536, anonymous: Bool = true, fenced: Bool = true) throws {
    arena = try SharedMemory(bytes: 65_536, reserved: 65_536, anonymous: anonymous)
    arenaBytes = try Mapping(arena.writable, bytes: 65_536, writable: true, forked: false)
    lane = try LaneProducer(
      ringBytes: ringBytes, epoch: Pair.epoch, function: 3, fenced: fenced, anonymous: anonymous)
    let (driverPage, containerRegion) = lane.containerDescriptors
    container = try LaneConsumer(
      arena: arena.readable, arenaBytes: 65_536, driverPage: driverPage, containerRegion: containerRegion,
      ringBytes: ringBytes, doorbell: lane.doorbell)
  }

  deinit { container.consumer.deallocate() }

  /// Publishes inputs of a chunk at the start of the arena.
  func publish(_ inputs: Range<UInt32>, of count: UInt32 = 100) -> UInt64 {
    lane.publish(
      offset: 0, form: ChunkForm(stored: 800, raw: 800, check: 7), inputs: inputs, of: count, publishEvery: 10
    )
  }

  func claim() -> gantry_claim? {
    var claim = gantry_claim()
    return gantry_consumer_claim(container.consumer, &claim) == 1 ? claim : nil
  }

  /// Publishes a record of the container's with these bytes.
  func complete(
    _ inputs: Range<UInt32>, of claim: gantry_claim, _ bytes: [UInt8], kind: Int = Int(GANTRY_RECORD_OUTPUTS),
    last: Bool = false
  ) {
    let payload = gantry_consumer_payload(container.consumer)
    for (index, byte) in bytes.enumerated() { payload?[index] = byte }
    var record = gantry_record()
    record.kind = UInt16(kind)
    record.flags = last ? RecordKind.lastFlag : 0
    record.first = inputs.lowerBound
    record.count = UInt32(inputs.count)
    record.position = claim.position
    record.length = UInt64(bytes.count)
    gantry_consumer_publish(container.consumer, &record)
  }

  /// All records that wait, taken and released, with their payloads.
  func drain() throws -> [(record: RecordHeader, bytes: [UInt8])] {
    var all: [(record: RecordHeader, bytes: [UInt8])] = []
    while let (record, payload) = try lane.next() {
      var bytes: [UInt8] = []
      payload.append(to: &bytes)
      #expect(bytes.withUnsafeBytes { checksum($0) } == record.check)
      all.append((record, bytes))
      lane.take(record)
    }
    lane.release()
    return all
  }
}

/// Whether a doorbell was rung since it was last read.
func readDoorbell(_ fd: Int32) -> Bool {
  var count: UInt64 = 0
  return read(fd, &count, 8) == 8 && count > 0
}
