// Kills containers from outside, at random moments: SIGKILL, SIGSTOP and then SIGKILL or SIGCONT, SIGSEGV, and now and
// then the zygote. Never a stranger: a process is held by its directory in /proc and looked at before it is signalled.

import CGantryProcess
import Gantry
import Glibc
import TestSupport

/// A process that cannot be mistaken for another, held open.
struct HeldProcess {
  private let directory: Int32
  let name: String

  /// Holds a process of this round; nil: it is gone, or another's.
  init?(_ pid: Int32) {
    // A directory in /proc stays that of its process, and pidfd_send_signal takes it.
    directory = open("/proc/\(pid)", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return nil }
    let mark = "\(Round.mark)=\(Round.markValue)"
    guard HeldProcess.read(directory, "environ").split(separator: "\0").contains(Substring(mark)) else {
      Glibc.close(directory)
      return nil
    }
    name = String(HeldProcess.read(directory, "comm").dropLast())
  }

  private static func read(_ directory: Int32, _ file: String) -> String {
    let file = openat(directory, file, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { Glibc.close(file) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 8192)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      guard count > 0 else { return String(decoding: text, as: UTF8.self) }
      text += buffer.prefix(count)
    }
  }

  @discardableResult
  func signal(_ number: Int32) -> Bool { gantry_pidfd_signal(directory, number) == 0 }

  func close() { Glibc.close(directory) }
}

/// The thread that kills.
enum Killer {
  static func start(_ driver: Driver, until end: UInt64) {
    let plan = Plan.current
    // Whoever holds a driver keeps its memory: the round may end before the time is up.
    startThread { [weak driver] in
      var random = SeededGenerator(seed: plan.seed &+ 1)
      var nextZygote = monotonic() + 300_000_000
      while monotonic() < end {
        usleep(UInt32.random(in: 0...UInt32(plan.killPause), using: &random))
        if plan.killsZygotes, monotonic() > nextZygote {
          nextZygote = monotonic() + UInt64.random(in: 200_000_000...1_500_000_000, using: &random)
          killZygote()
        }
        guard let driver else { return }
        killOne(of: driver, plan, &random)
      }
    }
  }

  private static func killOne(of driver: Driver, _ plan: Plan, _ random: inout SeededGenerator) {
    // Mostly one that has got somewhere: those that die before their first input are a crash loop.
    let isAny = Int.random(in: 0..<40, using: &random) == 0
    let living = driver.statistics.functions.flatMap(\.containers).filter {
      $0.pid != 0 && (isAny || $0.outputs > 0)
    }
    guard let chosen = living.randomElement(using: &random), let process = HeldProcess(chosen.pid) else {
      return
    }
    defer { process.close() }
    guard process.name == "gantry-box" else { return }
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<10: if process.signal(SIGKILL) { Board.count(.killedFromOutside) }
    case 10..<14:
      process.signal(SIGSTOP)
      usleep(UInt32.random(in: 0...6000, using: &random))
      if process.signal(SIGKILL) { Board.count(.killedWhileStopped) }
    case 14..<18:
      if process.signal(SIGSTOP) { Board.count(.stopped) }
      usleep(UInt32.random(in: 0...20_000, using: &random))
      process.signal(SIGCONT)
    default:
      if plan.isViolent {
        if process.signal(SIGSEGV) { Board.count(.faultFromOutside) }
      } else if process.signal(SIGKILL) {
        Board.count(.killedFromOutside)
      }
    }
  }

  private static func killZygote() {
    for pid in processNumbers() {
      guard let process = HeldProcess(pid) else { continue }
      defer { process.close() }
      guard process.name == "gantry-zygote" else { continue }
      if process.signal(SIGKILL) { Board.count(.zygoteKilled) }
      return
    }
  }
}

/// The numbers of all processes.
func processNumbers() -> [Int32] { entries(of: "/proc").compactMap { Int32($0) } }

/// The names in a directory.
func entries(of directory: String) -> [String] {
  guard let stream = opendir(directory) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names
}
