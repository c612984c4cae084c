// Runs one scenario of EndToEndProgram in a process group of its own, and says how it ended and what it left behind.
// Used by the suite and by nothing else. Waits are bounded: a scenario that hangs is killed.

import Glibc

/// One scenario, by its group and place in it.
struct Scene: Sendable, CustomStringConvertible {
  let group: String
  let number: Int
  let name: String

  var description: String { "\(group): \(name)" }

  /// Every scenario the program knows; one that says why where the program cannot be asked.
  static let all: [Scene] = {
    guard let groups = output(of: ["groups"]) else {
      return [Scene(group: "none", number: 0, name: "\(program) could not be run")]
    }
    return groups.flatMap { group in
      (output(of: ["list", group]) ?? []).enumerated().map { Scene(group: group, number: $0, name: $1) }
    }
  }()

  private static func output(of arguments: [String]) -> [String]? {
    guard let run = ChildRun(program, arguments), run.wait(seconds: 30) == .exited(0) else { return nil }
    return run.output.split(separator: "\n").map(String.init)
  }

  /// Runs the scenario; what was wrong about it, or nil.
  func play() -> String? {
    let marker = "\(getpid()).\(group).\(number)"
    let before = sharedNames()
    guard
      let run = ChildRun(program, ["run", group, "\(number)"], environment: ["GANTRY_TEST_RUN=\(marker)"])
    else {
      return "\(program) could not be started (\(errno))."
    }
    let end = run.wait(seconds: 120)
    var faults: [String] = []
    switch end {
    case .exited(0): break
    case .exited(let code): faults.append("It ended with status \(code).")
    case .signaled(let signal): faults.append("It was ended by signal \(signal).")
    case .hung:
      faults.append(
        "It hung and was killed; its processes were \(processes(marked: marker, group: run.pid)).")
    }
    if end != .hung { faults += leftovers(marker, run.pid, before) }
    for pid in processes(marked: marker, group: run.pid) { kill(pid, SIGKILL) }
    if faults.isEmpty { return nil }
    return faults.joined(separator: "\n") + "\n--- output\n\(run.output)\n--- errors\n\(run.errors)"
  }

  /// What is still there some seconds after the end: processes end a moment after the one they served.
  private func leftovers(_ marker: String, _ group: pid_t, _ before: Set<String>) -> [String] {
    for _ in 0..<100 {
      if processes(marked: marker, group: group).isEmpty, sharedNames().isSubset(of: before) { return [] }
      usleep(50_000)
    }
    let alive = processes(marked: marker, group: group).map { "\($0) \(commandLine($0))" }
    let names = sharedNames().subtracting(before)
    return (alive.isEmpty ? [] : ["It left processes behind: \(alive)."])
      + (names.isEmpty ? [] : ["It left shared memory behind: \(names.sorted())."])
  }
}

/// EndToEndProgram lies beside the test bundle.
private let program: String = {
  var buffer = [CChar](repeating: 0, count: 4096)
  let count = readlink("/proc/self/exe", &buffer, buffer.count)
  let own = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
  let candidates = [String(decoding: own, as: UTF8.self)] + CommandLine.arguments
  for candidate in candidates {
    guard let slash = candidate.lastIndex(of: "/") else { continue }
    let path = candidate[...slash] + "EndToEndProgram"
    if access(String(path), X_OK) == 0 { return String(path) }
  }
  return "EndToEndProgram"
}()
