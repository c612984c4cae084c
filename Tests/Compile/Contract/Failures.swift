// Errors as users take them apart: switches over reasons, codes and ends of containers, with the defaults they want.
// Held by the app of Contract.swift, which runs all.

import Gantry

struct Failures: Sendable {
  let parse = Function { (text: String) throws in try parsed(text) }
  let homeless = Function("homeless") { (x: Int) in x }

  func check() async throws {
    do {
      _ = try await parse.map(["1", "x"]).collect()
      expect(false)
    } catch let error as InputError {
      expectEqual(describe(error), "threw ContractProgram.Refusal for x")
      expect(error.function.hasSuffix("parse") && error.index == 1 && error.attempts == 1)
      expect(error.description.contains("Input 1"))
    }
    for try await (index, result) in parse.map(["1", "x"]).results.indexed {
      switch result {
      case .success(let number): expectEqual([index, number], [0, 1])
      case .failure(let error): expectEqual(error.index, index)
      }
    }
    try await parse.forEach(["x"], ignoreExceptions: true)
    do {
      try await parse.forEach(["x"])
      expect(false)
    } catch let error as InputError {
      guard case .threw(let thrown) = error.reason else { return expect(false) }
      let refusal = thrown.underlying as? Refusal
      expectEqual(refusal?.text, "x")
    }
    do {
      _ = try await Function("homeless") { (x: Int) in x }.remote(1)
      expect(false)
    } catch let error as GantryError where error.code == .notStarted {
      expect(error.message.contains("homeless") && error.underlying == nil)
    }
    do {
      _ = try await homeless.with(.init(maxContainers: 1)).remote(1)
    } catch let error as GantryError {
      expectEqual(kind(error), "not started")
    }
  }

  private func describe(_ error: InputError) -> String {
    switch error.reason {
    case .threw(let thrown):
      let underlying: (any Error)? = thrown.underlying
      return "threw \(thrown.typeName) for \((underlying as? Refusal)?.text ?? thrown.message)"
    case .crashed(let end): return "crashed: \(ending(end))"
    case .timedOut(after: let limit): return "timed out after \(limit)"
    case .undeliverable(let why): return why
    default: return "cancelled, or what later versions add"
    }
  }

  private func ending(_ end: ContainerExit) -> String {
    switch end.status {
    case .signal(let number, let name): "signal \(number), \(name)"
    case .exit(let status): "status \(status)"
    case .lost: "lost"
    }
  }

  private func kind(_ error: GantryError) -> String {
    switch error.code {
    case .notStarted: "not started"
    case .shutDown, .nested: "shut down, or in a container"
    case .zygoteStartFailed, .containerStartFailed, .sharedMemory: "cannot start"
    default: error.message
    }
  }
}
