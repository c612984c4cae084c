// A container's own lane, found the way a wild or hostile function could find it: through /proc/self/maps.
// Used inside containers by the hostile scenarios; writes whatever it is told to, whether or not it makes sense.

import CGantryRing
import Glibc
import Synchronization

/// One line of /proc/self/maps.
struct MappedRange {
  var start: UInt
  var end: UInt
  var isWritable: Bool
  var isShared: Bool
  var offset: UInt
  var name: Substring

  var count: Int { Int(end - start) }
  var base: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: start).unsafelyUnwrapped }

  /// Whether it belongs to a lane or to the arena.
  var isGantry: Bool { isShared && isOfGantry(name) }

  init?(_ line: Substring) {
    let words = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
    guard words.count >= 5, let dash = words[0].firstIndex(of: "-"),
      let start = UInt(words[0][..<dash], radix: 16),
      let end = UInt(words[0][words[0].index(after: dash)...], radix: 16),
      let offset = UInt(words[2], radix: 16)
    else { return nil }
    self.start = start
    self.end = end
    self.offset = offset
    isWritable = words[1].contains("w")
    isShared = words[1].contains("s")
    name = words.count > 5 ? words[5] : ""
  }

  static var all: [MappedRange] {
    (readFile("/proc/self/maps") ?? "").split(separator: "\n").compactMap { MappedRange($0) }
  }
}

/// The lane of the container that this process is.
struct HostileLane {
  /// The container's page, and its ring behind it.
  let base: UnsafeMutableRawPointer
  /// The driver's page.
  let driver: UnsafeRawPointer
  let ringBytes: Int
  let epoch: UInt64

  /// This container's own.
  static var own: HostileLane {
    let ranges = MappedRange.all.filter { $0.isGantry }
    guard let region = ranges.first(where: { $0.isWritable && $0.offset == 0 }),
      let page = ranges.first(where: { !$0.isWritable && $0.count == driverPageBytes })
    else { fail("the lane was not found among \(ranges)") }
    let driver = UnsafeRawPointer(page.base)
    return HostileLane(
      base: region.base, driver: driver, ringBytes: Int(driver.load(fromByteOffset: 16, as: UInt64.self)),
      epoch: driver.load(fromByteOffset: 8, as: UInt64.self))
  }

  /// The container's shared words, by their offsets in gantry_layout.h.
  enum Word: Int {
    case claim = 0
    case progress = 128
    case tail = 256
    case parked = 384
  }

  func load(_ word: Word) -> UInt64 { pointer(word).pointee.load(ordering: .sequentiallyConsistent) }

  func store(_ word: Word, _ value: UInt64) {
    pointer(word).pointee.store(value, ordering: .sequentiallyConsistent)
  }

  private func pointer(_ word: Word) -> UnsafeMutablePointer<Atomic<UInt64>> {
    (base + word.rawValue).assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// Descriptors published, and bytes of the ring consumed, as the driver says.
  var avail: UInt64 { driver.load(fromByteOffset: 128, as: UInt64.self) }
  var head: UInt64 { driver.load(fromByteOffset: 256, as: UInt64.self) }

  var ring: UnsafeMutableRawPointer { base + 4096 }

  /// The descriptor that runs, by the progress word, and the input in it.
  var position: UInt64 { load(.progress) >> 33 }
  var input: UInt32 { UInt32(truncatingIfNeeded: load(.progress) >> 1) }

  /// A record that a correct container could write for the input that runs, if that is the first of its descriptor.
  func honestRecord(_ kind: Int = Int(GANTRY_RECORD_OUTPUTS), last: Bool = true) -> gantry_record {
    var record = gantry_record()
    record.magic = UInt32(GANTRY_RECORD_MAGIC)
    record.kind = UInt16(kind)
    record.flags = last ? UInt16(GANTRY_RECORD_LAST) : 0
    record.first = input
    record.count = 1
    record.epoch = epoch
    record.position = position
    record.busy_ns = 1000
    return record
  }

  /// Publishes a record with right checksums, but for what `spoil` does to it behind them.
  func publish(
    _ record: gantry_record, _ payload: [UInt8] = [], spoil: (inout gantry_record) -> Void = { _ in }
  ) {
    var record = record
    record.length = UInt64(payload.count)
    let tail = load(.tail)
    let place = ring + Int(tail & UInt64(ringBytes - 1))
    payload.withUnsafeBytes {
      (place + 64).copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(place), byteCount: $0.count)
    }
    record.check = gantry_checksum(place + 64, payload.count)
    record.header_check = gantry_checksum(&record, 56)
    spoil(&record)
    withUnsafeBytes(of: record) {
      place.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(place), byteCount: 64)
    }
    store(.tail, tail &+ 64 &+ UInt64((payload.count + 63) & ~63))
  }

  /// The same with a header whose checksum is right although one of its fields is wrong.
  func publishAltered(
    _ record: gantry_record, _ payload: [UInt8] = [], _ alter: (inout gantry_record) -> Void
  ) {
    publish(record, payload) { record in
      alter(&record)
      record.header_check = gantry_checksum(&record, 56)
    }
  }

  /// Waits until the driver has read everything, or is not going to.
  func awaitDrained() {
    for _ in 0..<2000 where head != load(.tail) { pauseThread(1) }
  }

  /// Fills bytes with a pattern that depends on a seed.
  static func scribble(over bytes: UnsafeMutableRawBufferPointer, seed: UInt64) {
    var state = seed | 1
    for index in bytes.indices {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      bytes[index] = UInt8(truncatingIfNeeded: state)
    }
  }

  /// The container's page, and the ring that is mapped behind it.
  var page: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: 4096) }
  var ringBuffer: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: ring, count: ringBytes)
  }
}

/// Two pages: the macro's expression does not import.
private let driverPageBytes = 2 * Int(GANTRY_PAGE)
