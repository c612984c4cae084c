// A program whose main is asynchronous: before its first await it still has one thread and may fork; with the argument
// `late` it makes its driver after one, on the main actor, with `detached` in a task. Started by the scenarios, which
// read its output; prints one line for each kind of work that a container did.

import Dispatch
import Gantry
import Glibc

private let sleeping = Function("sleeping") { (x: Int) async throws -> Int in
  try await Task.sleep(nanoseconds: 500_000)
  return x * x
}
private let onMain = Function("onMain") { (x: Int) async -> Int in await MainActor.run { x + 1 } }
private let queued = Function("queued") { (x: Int) async -> Int in
  await withCheckedContinuation { continuation in
    DispatchQueue.main.async { continuation.resume(returning: x + 2) }
  }
}
private let grouped = Function("grouped") { (x: Int) async -> Int in
  await withTaskGroup(of: Int.self) { group in
    for part in 0..<8 { group.addTask { x + part } }
    return await group.reduce(0, +)
  }
}
private let plain = Function("plain") { (x: Int) in x + 3 }

@main
enum Program {
  static func main() async throws {
    let isLate = CommandLine.arguments.contains("late")
    if isLate || CommandLine.arguments.contains("detached") { try await Task.sleep(nanoseconds: 1_000_000) }
    let driver =
      CommandLine.arguments.contains("detached")
      ? try await Task.detached { try Driver(sleeping, onMain, queued, grouped, plain) }.value
      : try Driver(sleeping, onMain, queued, grouped, plain)
    let inputs = Array(0..<60)
    report("sleeping", try await sleeping.map(inputs).collect() == inputs.map { $0 * $0 })
    // The main actor of a late driver's containers is where the driver was made, and is at work for ever.
    if !isLate { try await reportHops(inputs) }
    report("grouped", try await grouped.map(inputs).collect() == inputs.map { $0 * 8 + 28 })
    report("plain", try await plain.map(inputs).collect() == inputs.map { $0 + 3 })
    await driver.shutdown()
  }

  private static func reportHops(_ inputs: [Int]) async throws {
    report("onMain", try await onMain.map(inputs).collect() == inputs.map { $0 + 1 })
    report("queued", try await queued.map(inputs).collect() == inputs.map { $0 + 2 })
  }

  private static func report(_ what: String, _ isRight: Bool) {
    print("\(what) \(isRight ? "right" : "wrong")")
    fflush(nil)
  }
}
