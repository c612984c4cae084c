// A program of top-level code that makes its driver after an await, on the main actor and with threads about.
// Started by the scenarios, which read its output: one line before the driver, one for each kind of work.

import Gantry
import Glibc

let shift = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 0 : 0
let plain = Function("plain") { [shift] (x: Int) in x + shift }
let sleeping = Function("sleeping") { (x: Int) async throws -> Int in
  try await Task.sleep(nanoseconds: 500_000)
  return x * x
}

func report(_ what: String, _ isRight: Bool) {
  print("\(what) \(isRight ? "right" : "wrong")")
}

print("before")
var complaint = "complaint before\n"
complaint.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
try await Task.sleep(nanoseconds: 1_000_000)
let driver = try Driver(plain, sleeping)
let inputs = Array(0..<60)
report("plain", try await plain.map(inputs).collect() == inputs.map { $0 + shift })
report("sleeping", try await sleeping.map(inputs).collect() == inputs.map { $0 * $0 })
await driver.shutdown()
