// What the machine and the process offer: processors, shared memory, a logger, durations.

import GantryContainers
import GantryLanes
import Logging

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// The processors this process may use: by affinity, and by the quota of its control group.
let processorCount: Int = {
  let affine = affineProcessors()
  return max(1, min(affine, controlGroupQuota() ?? affine))
}()

/// The whole processors a control group of version 2 grants, rounded up.
private func controlGroupQuota() -> Int? {
  let fd = open("/sys/fs/cgroup/cpu.max", O_RDONLY | O_CLOEXEC)
  guard fd >= 0 else { return nil }
  defer { close(fd) }
  var buffer = [UInt8](repeating: 0, count: 64)
  let count = read(fd, &buffer, buffer.count)
  guard count > 0 else { return nil }
  let fields = String(decoding: buffer.prefix(count), as: UTF8.self).split { $0 == " " || $0 == "\n" }
  guard fields.count == 2, let quota = Int(fields[0]), let period = Int(fields[1]), period > 0 else {
    return nil
  }
  return (quota + period - 1) / period
}

/// Whether this process runs tests: in a container of an asynchronous function that ran its main, the other tests run
/// on, and what they report is not to be taken for this process's word.
let isTestRunner: Bool = {
  let arguments = CommandLine.arguments
  return arguments.contains("--testing-library")
    || arguments.prefix(1).contains { $0.hasSuffix(".xctest") || $0.hasSuffix("swiftpm-testing-helper") }
}()

/// Whether /dev/shm is missing or too small, as in many containers of other kinds: a memfd takes its place.
func sharedMemoryIsShort(for bytes: Int) -> Bool { freeSharedMemory() < 8 * UInt64(bytes) }

/// The logger of a driver that was given none; `GANTRY_LOG_LEVEL` sets its level.
func defaultLogger() -> Logger {
  var logger = Logger(label: "gantry")
  logger.logLevel =
    getenv("GANTRY_LOG_LEVEL").flatMap { Logger.Level(rawValue: String(cString: $0)) } ?? .warning
  return logger
}

/// In test builds, the step at which a container is to die.
///
/// `GANTRY_STEP_KILL` is `step:nth:containers` for the first containers, or `random:seed:permille` for that share of all,
/// each at a step and a pass of its own.
func stepKill(for epoch: UInt64) -> (step: UInt64, nth: UInt64) {
  guard hasStepHooks, let plan = getenv("GANTRY_STEP_KILL") else { return (0, 0) }
  let text = String(cString: plan)
  let fields = text.split(separator: ":").compactMap { UInt64($0) }
  if text.hasPrefix("random:"), fields.count == 2 {
    return randomStepKill(for: epoch, seed: fields[0], permille: fields[1])
  }
  guard fields.count == 3, epoch <= fields[2] else { return (0, 0) }
  return (fields[0], fields[1])
}

/// A death at any of the steps, soon or late.
///
/// Two of three containers get past their start at least: those that die before their first input are a crash loop.
private func randomStepKill(for epoch: UInt64, seed: UInt64, permille: UInt64) -> (step: UInt64, nth: UInt64)
{
  var mixed = (seed ^ epoch) &* 0x9E37_79B9_7F4A_7C15
  func draw(_ bound: UInt64) -> UInt64 {
    mixed = (mixed ^ (mixed >> 29)) &* 0xBF58_476D_1CE4_E5B9
    mixed ^= mixed >> 32
    return mixed % bound
  }
  guard draw(1000) < permille else { return (0, 0) }
  let early: UInt64 = epoch % 3 == 0 ? 1 : 8
  return (draw(16), early + draw(3) * draw(40) + draw(4) / 3 * draw(400))
}

extension Duration {
  /// Nanoseconds, at most 292 years, at least 0.
  var clampedNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    return overflow || product > UInt64(Int64.max)
      ? UInt64(Int64.max) : product + UInt64(attoseconds / 1_000_000_000)
  }
}
