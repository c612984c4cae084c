// An app that holds every kind of function and makes every kind of call of the public contract: it compiles, and runs.
// Started by CompileTests, which read its output: a line for each part, or what was wrong about it.

import Gantry
import Glibc

@main
struct Contract: App {
  let sync = SyncShapes()
  let async = AsyncShapes()
  let references = References()
  let stateful = StatefulShapes()
  let calls = Calls()
  let views = Views()
  let failures = Failures()
  let payloads = Payloads()
  let isolation = Isolation()
  let holders = Holders()

  func run() async throws {
    try await part("synchronous bodies", sync.check)
    try await part("asynchronous bodies", async.check)
    try await part("references", references.check)
    try await part("bodies with a state", stateful.check)
    try await part("calls", calls.check)
    try await part("views", views.check)
    try await part("failures", failures.check)
    try await part("payloads", payloads.check)
    try await part("isolation", isolation.check)
    try await part("holders", holders.check)
  }

  private func part(_ name: String, _ check: () async throws -> Void) async throws {
    try await check()
    print("\(name): right")
    fflush(nil)
  }
}

func expect(_ holds: Bool, _ text: String = "this does not hold", line: Int = #line, file: String = #fileID) {
  if !holds {
    print("\(file):\(line): \(text)")
    fflush(nil)
    exit(1)
  }
}

func expectEqual<Value: Equatable>(_ got: Value, _ wanted: Value, line: Int = #line, file: String = #fileID) {
  expect(got == wanted, "got \(got), not \(wanted)", line: line, file: file)
}
