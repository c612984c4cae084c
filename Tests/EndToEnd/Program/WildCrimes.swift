// What a container gone wild does to its memory and to the words it shares: random bytes, lies about where it stands,
// holes, doorbells. Committed inside containers; most end in the container's death, by its own hand or the driver's.

import CGantryRing
import Glibc
import Synchronization

/// Damage to memory.
enum WildCrime: Int, CaseIterable {
  case scribbleOverEverything, scribbleOverRegion, scribbleOverPage, scribbleOverRing, zeroRegion, zeroPage
  case claimOneAhead, claimFarAhead, claimOneBehind, claimFarBehind, claimNothingAndExit, claimNonsenseAndExit
  case nameOtherInput, nameOtherDescriptor, nameNobodyAndDie, nameNobodyAndExit, nameOthersAndTrap
  case parkNonsense, writeToDriverPage, writeToArena
  case unmapRegion, unmapArena, unmapDriverPage, removePages, punchRegion, truncateRegion
  case fillCrashNoteAndTrap, drainDoorbell, ringNonsense, exitWithNonsense

  func commit() {
    let lane = HostileLane.own
    let seed = UInt64(getpid()) << 20 | UInt64(rawValue)
    switch self {
    case .scribbleOverEverything: WildCrime.scribbleOverEverything(seed: seed)
    case .scribbleOverRegion:
      HostileLane.scribble(over: lane.page, seed: seed)
      HostileLane.scribble(over: lane.ringBuffer, seed: seed &+ 1)
    case .scribbleOverPage: HostileLane.scribble(over: lane.page, seed: seed)
    case .scribbleOverRing: HostileLane.scribble(over: lane.ringBuffer, seed: seed)
    case .zeroRegion:
      memset(lane.base, 0, 4096)
      memset(lane.ring, 0, lane.ringBytes)
    case .zeroPage: memset(lane.base, 0, 4096)
    case .claimOneAhead: lane.store(.claim, lane.avail &+ 1)
    case .claimFarAhead: lane.store(.claim, lane.avail &+ 1 << 40)
    case .claimOneBehind: lane.store(.claim, lane.load(.claim) &- 1)
    case .claimFarBehind: lane.store(.claim, lane.load(.claim) &- 1000)
    case .claimNothingAndExit:
      lane.store(.claim, lane.load(.claim) &- 1)
      _exit(9)
    case .claimNonsenseAndExit:
      lane.store(.claim, seed << 20)
      _exit(9)
    case .nameOtherInput: lane.store(.progress, lane.load(.progress) &+ 1000 << 1)
    case .nameOtherDescriptor: lane.store(.progress, lane.load(.progress) &+ 3 << 33)
    case .nameNobodyAndDie:
      lane.store(.progress, lane.load(.progress) & ~1)
      kill(getpid(), SIGKILL)
    case .nameNobodyAndExit:
      lane.store(.progress, 0)
      _exit(9)
    case .nameOthersAndTrap:
      lane.store(.progress, lane.load(.progress) ^ 5 << 33)
      die(.outOfRange)
    case .parkNonsense: lane.store(.parked, .max)
    case .writeToDriverPage:
      UnsafeMutableRawPointer(mutating: lane.driver).storeBytes(of: 0, toByteOffset: 128, as: UInt64.self)
    case .writeToArena:
      let arena = MappedRange.all.first { $0.isGantry && !$0.isWritable && $0.count > 1 << 30 }
      arena?.base.storeBytes(of: 0, as: UInt64.self)
    case .unmapRegion: unmap { $0.isWritable }
    case .unmapArena: unmap { !$0.isWritable && $0.count > 1 << 30 }
    case .unmapDriverPage: unmap { !$0.isWritable && $0.count < 1 << 20 }
    case .removePages:
      madvise(lane.base, 4096 + lane.ringBytes, MADV_REMOVE)
    case .punchRegion: WildCrime.reopen(lane.base) { _ = gantry_memory_punch($0, 0, 1 << 30) }
    case .truncateRegion: WildCrime.reopen(lane.base) { _ = ftruncate($0, 0) }
    case .fillCrashNoteAndTrap:
      HostileLane.scribble(
        over: UnsafeMutableRawBufferPointer(start: lane.base + Int(GANTRY_CRASH_OFFSET), count: 256),
        seed: seed)
      signal(SIGILL, SIG_DFL)
      signal(SIGTRAP, SIG_DFL)
      die(.outOfRange)
    case .drainDoorbell:
      WildCrime.withDoorbells {
        var word: UInt64 = 0
        _ = read($0, &word, 8)
      }
    case .ringNonsense:
      for value in [0, 1, 7, UInt64.max, .max - 1] {
        WildCrime.withDoorbells { fd in _ = withUnsafeBytes(of: value) { write(fd, $0.baseAddress, 8) } }
      }
    case .exitWithNonsense:
      HostileLane.scribble(over: lane.page, seed: seed)
      _exit(0)
    }
  }

  private func unmap(_ which: (MappedRange) -> Bool) {
    for range in MappedRange.all where range.isGantry && which(range) { munmap(range.base, range.count) }
  }

  /// Writes over all that is writable; this very code's stack comes last, if it comes to that.
  private static func scribbleOverEverything(seed: UInt64) {
    let ranges = MappedRange.all.filter { $0.isWritable }
    for range in ranges where !range.name.contains("[stack]") {
      var at = range.start
      var state = seed | 1
      while at < range.end {
        state = state &* 6_364_136_223_846_793_005 &+ 1
        UnsafeMutablePointer<UInt64>(bitPattern: at)?.pointee = state
        at += 8
      }
    }
  }

  /// The eventfds this container has: its doorbell, whatever its number.
  static func withDoorbells(_ body: (Int32) -> Void) {
    for fd in numbers(in: "/proc/self/fd") {
      var path = [CChar](repeating: 0, count: 64)
      let count = readlink("/proc/self/fd/\(fd)", &path, 63)
      let name = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if name.contains("eventfd") { body(fd) }
    }
  }

  /// Opens the object behind a mapping for writing, which root may do.
  static func reopen(_ base: UnsafeMutableRawPointer, _ body: (Int32) -> Void) {
    guard let range = MappedRange.all.first(where: { $0.base == base }) else { return }
    let name = "\(String(range.start, radix: 16))-\(String(range.end, radix: 16))"
    let fd = open("/proc/self/map_files/\(name)", O_RDWR)
    guard fd >= 0 else { return }
    body(fd)
    close(fd)
  }
}
