// One round: a driver, callers, killers and a watchdog for some seconds; then the audit and a report on standard output.

import Dispatch
import Gantry
import Glibc
import Synchronization

enum Round {
  /// The variable by which the processes of this run are known.
  static let mark = "GANTRY_SOAK_RUN"
  static let markValue: String = getenv(mark).map { String(cString: $0) } ?? ""

  /// Plays the plan; never returns.
  static func play() -> Never {
    let plan = Plan.current
    say(plan.summary)
    Board.prepare()
    setenv("GANTRY_STEP_KILL", "random:\(plan.seed >> 1):\(plan.stepPermille)", 1)
    let before = openDescriptors()
    do {
      let stage = Stage()
      let functions = Functions(plan)
      let driver = try Driver(functions.all, configuration: plan.configuration)
      stage.set((functions, driver))
      Task {
        await run(plan, stage)
        await compareDescriptors(before)
        Judge.shared.audit()
        finish(Judge.shared.report, status: 0)
      }
    } catch {
      Judge.shared.find(.refused, "the driver did not start: \(error)")
      finish(Judge.shared.report, status: 2)
    }
    dispatchMain()
  }

  /// Holds what is to be gone when the round is looked at: a driver keeps its memory while anybody holds it.
  private final class Stage: Sendable {
    private let held = Mutex<(Functions, Driver)?>(nil)
    func set(_ held: (Functions, Driver)) { self.held.withLock { $0 = held } }
    func take() -> (Functions, Driver)? { held.withLock { $0.take() } }
  }

  private static func run(_ plan: Plan, _ stage: Stage) async {
    guard let (functions, driver) = stage.take() else { return }
    let end = monotonic() + UInt64(plan.milliseconds) * 1_000_000
    let pulses = plan.kinds.map { _ in Pulse() }
    Watchdog.start(pulses, driver)
    Killer.start(driver, until: end)
    await withTaskGroup(of: Void.self) { group in
      for (place, kind) in plan.kinds.enumerated() {
        let caller = Caller(kind, functions, pulses[place])
        let seed = plan.seed &+ UInt64(place)
        group.addTask { await caller.run(until: end, seed: seed) }
      }
    }
    await driver.shutdown()
  }

  /// What each descriptor of this process is.
  private static func openDescriptors() -> [String] {
    var found: [String] = []
    for name in entries(of: "/proc/self/fd") {
      var buffer = [CChar](repeating: 0, count: 4096)
      let count = readlink("/proc/self/fd/\(name)", &buffer, buffer.count)
      guard count > 0 else { continue }
      let target = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      // The directory that is being read is one of them.
      if !target.hasPrefix("/proc/") { found.append(target) }
    }
    return found.sorted()
  }

  private static let descriptorsOfDispatch = 5

  /// Dispatch keeps a few descriptors of its own once it runs; the driver none.
  private static func compareDescriptors(_ before: [String]) async {
    var rest: [String] = []
    var excess = 0
    for _ in 0..<100 {
      try? await Task.sleep(nanoseconds: 20_000_000)
      rest = openDescriptors()
      for one in before { if let place = rest.firstIndex(of: one) { rest.remove(at: place) } }
      let foreign = rest.count { !$0.hasPrefix("anon_inode:") }
      excess = foreign + max(0, rest.count - foreign - descriptorsOfDispatch)
      if excess == 0 { return }
    }
    Judge.shared.find(.leftBehind, "descriptors \(rest)", times: excess)
  }
}
