// A program whose main is a parsed asynchronous command, which makes its driver after an await.
// Started by the scenarios, which read its output: one line before the driver, one for each kind of work.

import ArgumentParser
import Gantry

private let arguments = Function("arguments") { (_: Int) in
  CommandLine.arguments.dropFirst().joined(separator: " ")
}
private let sleeping = Function("sleeping") { (x: Int) async throws -> Int in
  try await Task.sleep(nanoseconds: 500_000)
  return x * x
}

@main
struct Command: AsyncParsableCommand {
  @Argument var word: String
  @Option var scale = 1

  func run() async throws {
    print("before")
    try await Task.sleep(nanoseconds: 1_000_000)
    let scaled = Function("scaled") { [scale] (x: Int) in x * scale }
    let driver = try Driver(arguments, sleeping, scaled)
    let inputs = Array(0..<60)
    report(
      "arguments", try await arguments.remote(0) == CommandLine.arguments.dropFirst().joined(separator: " "))
    report("sleeping", try await sleeping.map(inputs).collect() == inputs.map { $0 * $0 })
    report("scaled", try await scaled.map(inputs).collect() == inputs.map { $0 * scale })
    await driver.shutdown()
  }

  private func report(_ what: String, _ isRight: Bool) {
    print("\(what) \(isRight ? "right" : "wrong")")
  }
}
