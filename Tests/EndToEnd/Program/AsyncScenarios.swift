// Promises about asynchronous bodies: all of Swift concurrency and Dispatch works in a container.

import Dispatch
import Gantry
import Glibc

private actor Counter {
  var value = 0
  func add(_ amount: Int) -> Int {
    value += amount
    return value
  }
}

@MainActor private var mainCount = 0
@MainActor private func countOnMain(_ amount: Int) -> Int {
  mainCount += 1
  return amount + 1
}

private let sleeping = Function("sleeping", options: .init(maxContainers: 2)) {
  (x: Int) async throws -> Int in
  try await Task.sleep(nanoseconds: 500_000)
  return x * x
}
private let grouping = Function("grouping") { (x: Int) async -> Int in
  await withTaskGroup(of: Int.self) { group in
    for part in 0..<8 { group.addTask { x + part } }
    return await group.reduce(0, +)
  }
}
private let binding = Function("binding") { (x: Int) async throws -> Int in
  async let first = sum(x, 1)
  async let second = sum(x, 2)
  return try await first * second
}
private func sum(_ a: Int, _ b: Int) async throws -> Int {
  try await Task.sleep(nanoseconds: 100_000)
  return a + b
}
private let onMain = Function("onMain") { (x: Int) async -> Int in await MainActor.run { countOnMain(x) } }
private let mainQueue = Function("mainQueue") { (x: Int) async -> Int in
  await withCheckedContinuation { continuation in
    DispatchQueue.main.async { continuation.resume(returning: x + 2) }
  }
}
private let mainSync = Function("mainSync") { (x: Int) async -> Int in
  await withCheckedContinuation { continuation in
    DispatchQueue.global().async { continuation.resume(returning: DispatchQueue.main.sync { x + 3 }) }
  }
}
private let globalQueue = Function("globalQueue") { (x: Int) async -> Int in
  await withCheckedContinuation { continuation in
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(1)) {
      continuation.resume(returning: x + 4)
    }
  }
}
private let detached = Function("detached") { (x: Int) async -> Int in
  await Task.detached(priority: .background) { x + 5 }.value
}
private let acting = Function("acting") { (x: Int) async -> Int in
  let counter = Counter()
  await withTaskGroup(of: Void.self) { group in
    for _ in 0..<10 { group.addTask { _ = await counter.add(x) } }
  }
  return await counter.value
}
private let several = Function("several") { (a: Int, b: String) async -> (Int, String) in
  await Task.yield()
  return (a + 1, b + "!")
}
private let silent = Function("silent") { (_: Int) async in await Task.yield() }
private let throwing = Function("throwing") { (x: Int) async throws -> Int in
  await Task.yield()
  if x % 3 == 0 { throw PayloadTrouble(number: x) }
  return x
}

struct PayloadTrouble: Error, Codable { var number: Int }

private let crashing = Function("crashing", options: .init(crashRetries: .none)) {
  (x: Int) async throws -> Int in
  try await Task.sleep(nanoseconds: 10_000)
  if x >= 1000, let way = Death(rawValue: x / 1000 - 1) {
    // On whatever thread it happens to be, and not always on this one.
    if x % 2 == 1 { await Task.detached { die(way) }.value } else { die(way) }
  }
  return x * x
}
private let mainCrash = Function("mainCrash", options: .init(crashRetries: .none)) { (x: Int) async -> Int in
  await MainActor.run { if x == 7 { die(.outOfRange) } }
  return x
}
private let verbose = Function("verbose") { (length: Int) async -> String in
  await Task.yield()
  return String(repeating: "y", count: length)
}

/// Checks all shapes of asynchronous work; also run by programs with other kinds of main.
func checkAsyncBodies(count: Int) async throws {
  let inputs = Array(0..<count)
  expectEqual(try await sleeping.map(inputs).collect(), inputs.map { $0 * $0 }, "Task.sleep")
  expectEqual(try await grouping.map(inputs).collect(), inputs.map { $0 * 8 + 28 }, "a task group")
  expectEqual(try await binding.map(inputs).collect(), inputs.map { ($0 + 1) * ($0 + 2) }, "async let")
  expectEqual(try await onMain.map(inputs).collect(), inputs.map { $0 + 1 }, "MainActor.run")
  expectEqual(try await mainQueue.map(inputs).collect(), inputs.map { $0 + 2 }, "DispatchQueue.main.async")
  expectEqual(try await mainSync.map(inputs).collect(), inputs.map { $0 + 3 }, "DispatchQueue.main.sync")
  expectEqual(try await globalQueue.map(inputs).collect(), inputs.map { $0 + 4 }, "DispatchQueue.global")
  expectEqual(try await detached.map(inputs).collect(), inputs.map { $0 + 5 }, "a detached task")
  expectEqual(try await acting.map(inputs).collect(), inputs.map { $0 * 10 }, "an actor")
}

let asyncFunctions: [any RegisteredFunction] = [
  sleeping, grouping, binding, onMain, mainQueue, mainSync, globalQueue, detached, acting,
]

let asyncScenarios = ScenarioGroup(
  name: "async",
  scenarios: [
    Scenario(name: "tasks, groups, actors and queues work in a container", functions: asyncFunctions) { _ in
      for count in [0, 1, 40, 200] { try await checkAsyncBodies(count: count) }
    },
    Scenario(name: "they work after the driver has used tasks and queues itself", functions: asyncFunctions) {
      _ in
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<20 { group.addTask { try? await Task.sleep(nanoseconds: 1_000_000) } }
      }
      await withCheckedContinuation { continuation in
        DispatchQueue.global().async { DispatchQueue.main.async { continuation.resume() } }
      }
      try await checkAsyncBodies(count: 50)
    },
    Scenario(
      name: "asynchronous bodies take and give several values, or none",
      functions: [several, silent, verbose]
    ) {
      _ in
      let outputs = try await several.map(0..<60, (0..<60).map { "\($0)" }).collect()
      for (index, output) in outputs.enumerated() { expect(output == (index + 1, "\(index)!"), "\(output)") }
      try await silent.forEach(0..<100)
      expectEqual(try await silent.map(0..<100).collect().count, 100)
      let lengths = [0, 1, 5000, 300_000, 3_000_000, 7, 1_048_576, 262_144]
      expectEqual(try await verbose.map(lengths).collect().map { $0.utf8.count }, lengths)
    },
    Scenario(name: "what an asynchronous body throws arrives as it was", functions: [throwing]) { _ in
      for (index, result) in try await throwing.map(0..<100).results.collect().enumerated() {
        switch result {
        case .success(let value): expect(value == index && index % 3 != 0, "\(index): \(value)")
        case .failure(let error):
          guard case .threw(let user) = error.reason, let trouble = user.underlying as? PayloadTrouble else {
            fail("\(index): \(error)")
          }
          expectEqual(trouble.number, index)
        }
      }
    },
    Scenario(
      name: "a crash of an asynchronous container costs the input that ran", functions: [crashing, mainCrash]
    ) {
      _ in
      for way in Death.allCases {
        for thread in 0..<2 {
          var inputs = Array(0..<40)
          inputs[17] = (way.rawValue + 1) * 1000 + thread
          let results = try await crashing.map(inputs).results.collect()
          for (index, result) in results.enumerated() {
            if index == 17 {
              _ = expectCrash(result, way.status, attempts: 1, index: index)
            } else {
              guard case .success(index * index) = result else { fail("\(index) beside \(way): \(result)") }
            }
          }
        }
      }
      let results = try await mainCrash.map(0..<20).results.collect()
      _ = expectCrash(results[7], Death.outOfRange.status, attempts: 1, index: 7)
      expectEqual(results.filter { if case .success = $0 { true } else { false } }.count, 19)
    },
    Scenario(name: "synchronous and asynchronous functions share a driver", functions: [sleeping, plain]) {
      _ in
      async let first = sleeping.map(0..<300).collect()
      async let second = plain.map(0..<30_000).collect()
      expectEqual(try await first, (0..<300).map { $0 * $0 })
      expectEqual(try await second, (0..<30_000).map { $0 + 1 })
    },
    Scenario(name: "an asynchronous container that idled for seconds answers at once", functions: [sleeping])
    { _ in
      for _ in 0..<3 {
        expectEqual(try await sleeping.remote(3), 9)
        try await Task.sleep(nanoseconds: 1_300_000_000)
      }
      expectEqual(try await sleeping.map(0..<50).collect(), (0..<50).map { $0 * $0 })
    },
    Scenario(name: "they work in a program whose main is asynchronous", functions: []) { _ in
      guard let program = sibling("AsyncMainProgram") else {
        fail("AsyncMainProgram lies not beside this program")
      }
      let run = Victim("AsyncMainProgram", program: program, arguments: ["AsyncMainProgram"])
      let lines = readAll(run.output).split(separator: "\n").map(String.init)
      expectEqual(run.reap(), 0, "its status")
      expectEqual(lines, ["sleeping", "onMain", "queued", "grouped", "plain"].map { "\($0) right" })
      await eventually("nothing of it is left") { run.survivors.isEmpty }
      run.closePipes()
    },
  ])

private let plain = Function("plain") { (x: Int) in x + 1 }
