// Promises about functions with state: entered once a container and left once, shared by its inputs, lost with a crash.
// Enters and exits are counted on the board, which all containers see.
// swift-format-ignore-file: OnlyOneTrailingClosureArgument

import Gantry
import Glibc

/// Not `Sendable`: it belongs to one container's task.
private final class Notebook {
  var seen: [Int] = []
  let number: Int
  init(_ number: Int) { self.number = number }
}

private enum Slot {
  static let entered = 0
  static let exited = 1
  static let ran = 2
  static let late = 3
}

@Sendable private func openNotebook() -> Notebook {
  Notebook(Board.add(Slot.entered))
}

@Sendable private func closeNotebook(_ notebook: Notebook) async {
  await Task.yield()
  Board.add(Slot.exited)
}

private let noting = Function(
  "noting", options: .init(maxContainers: 2), enter: openNotebook, exit: closeNotebook
) { (notebook: Notebook, x: Int) -> (Int, Int) in
  notebook.seen.append(x)
  return (Int(getpid()), notebook.seen.count)
}

private let crashing = Function(
  "crashing", options: .init(maxContainers: 1, crashRetries: .none), enter: openNotebook, exit: closeNotebook
) { (notebook: Notebook, x: Int) -> Int in
  if x == 50 { die(.killedByItself) }
  notebook.seen.append(x)
  return notebook.number
}

private let brief = Function(
  "brief", options: .init(maxContainers: 2, maxInputsPerContainer: 10), enter: openNotebook,
  exit: closeNotebook
) { (notebook: Notebook, x: Int) -> Int in
  notebook.seen.append(x)
  return notebook.seen.count
}

private let idle = Function(
  "idle", options: .init(scaledownWindow: .milliseconds(20)), enter: openNotebook, exit: closeNotebook
) { (notebook: Notebook, x: Int) in x }

/// Entered when three of its containers are about to.
private let together = Function(
  "together", options: .init(maxContainers: 3, chunking: .fixed(1)),
  enter: {
    Board.add(8)
    Board.await(8, atLeast: 3)
  }
) { (_: Void, x: Int) -> Int in x }

private struct NoModel: Error, CustomStringConvertible {
  var description: String { "the model is not in the cellar" }
}

private let modelless = Function(
  "modelless",
  enter: { () throws -> Int in
    Board.add(Slot.entered)
    print("enter is looking")
    throw NoModel()
  }, exit: { _ in Board.add(Slot.exited) }
) { (model: Int, x: Int) in model + x }

private let trapping = Function(
  "trapping",
  enter: { () -> Int in
    Board.add(Slot.entered)
    fatalError("the cellar is locked")
  }
) { (model: Int, x: Int) in model + x }

private let lucky = Function(
  "lucky", options: .init(maxContainers: 1),
  enter: { () throws -> Int in
    if Board.add(Slot.entered) % 3 != 0 { throw NoModel() }
    return 7
  }
) { (model: Int, x: Int) in model + x }

private let slowToEnter = Function(
  "slowToEnter", options: .init(maxContainers: 1, startupTimeout: .milliseconds(200)),
  enter: { () -> Int in
    Board.add(Slot.entered)
    nap(60_000)
    return 1
  }
) { (model: Int, x: Int) in model + x }

@MainActor private var enteredOnMain = 0
@MainActor private func enterOnMain() -> Int {
  enteredOnMain += 1
  return enteredOnMain
}

private let onMain = Function(
  "onMain", options: .init(maxContainers: 1),
  enter: { await MainActor.run { enterOnMain() } },
  exit: { state in
    let entered = await MainActor.run { enteredOnMain }
    Board.add(Slot.exited, entered == state ? 1 : 100)
  }
) { (state: Int, x: Int) async -> Int in await MainActor.run { enteredOnMain } + state }

private let several = Function("several", enter: { 100 }) { (state: Int, a: Int, b: String) in
  (state + a, "\(b)\(state)")
}
private let silent = Function(enter: { 5 }) { (state: Int, x: Int) in
  Board.add(Slot.ran, state * x)
}
private let both = Function("both", enter: { 5 }) { (state: Int, x: Int, y: Int) in
  Board.add(Slot.ran, state * x * y)
}
private let text = Function("text", enter: { "state " }) { (state: String, x: String) async throws in
  await Task.yield()
  if x == "no" { throw NoModel() }
  return state + x
}

private let stubborn = Function(
  "stubborn", options: .init(maxContainers: 1), enter: { 1 },
  exit: { _ in
    Board.add(Slot.exited)
    nap(3_600_000)
  }
) { (state: Int, x: Int) in x }

private let lingering = Function(
  "lingering", options: .init(maxContainers: 2), enter: openNotebook,
  exit: { notebook in
    nap(300)
    await closeNotebook(notebook)
    Board.add(Slot.late)
  }
) { (notebook: Notebook, x: Int) in x }

private let holding = Function(
  "holding", options: .init(maxContainers: 1), enter: openNotebook, exit: closeNotebook
) { (notebook: Notebook, x: Int) async -> Int in
  Board.add(Slot.ran)
  try? await Task.sleep(nanoseconds: 30_000_000_000)
  return x
}

/// Checks that each container that entered has also exited, and that some did.
private func expectAllLeft(_ entered: Int? = nil, line: Int = #line) {
  if let entered { expectEqual(Board.value(Slot.entered), entered, "enters", line: line) }
  expect(Board.value(Slot.entered) > 0, "nobody entered", line: line)
  expectEqual(Board.value(Slot.exited), Board.value(Slot.entered), "exits", line: line)
}

/// Ends the calls of a function that cannot start, and checks when and why.
private func expectNoStart(
  of function: Function<Int, Int>, saying words: String..., line: Int = #line
) async {
  let clock = ContinuousClock()
  let start = clock.now
  let error = await thrown(line: line) { _ = try await function.map(0..<1000).collect() }
  let failure = require(error, GantryError.self, line: line)
  expectEqual(failure.code, .containerStartFailed, "the code", line: line)
  for word in words + ["3 times in a row"] {
    expect(failure.message.contains(word), "\"\(failure.message)\" does not say \"\(word)\"", line: line)
  }
  expect(clock.now - start < .seconds(10), "it took \(clock.now - start)", line: line)
}

let stateScenarios = ScenarioGroup(
  name: "state",
  scenarios: [
    Scenario(name: "containers that take long to enter do so side by side", functions: [together]) { _ in
      expectEqual(try await together.map(0..<30).collect(), Array(0..<30))
    },
    Scenario(
      name: "a container enters once, before its first input, and exits once at the shutdown",
      functions: [noting]
    ) {
      driver in
      let outputs = try await noting.map(0..<5000).collect()
      let pids = Set(outputs.map(\.0))
      expect(pids.count <= 2, "containers: \(pids.count)")
      // Every input of a container found what those before it left in the state.
      for pid in pids {
        let counts = outputs.filter { $0.0 == pid }.map(\.1)
        expectEqual(counts.sorted(), Array(1...counts.count), "what the state counted")
      }
      expectEqual(Board.value(Slot.exited), 0, "exits before the end")
      await driver.shutdown()
      expectAllLeft()
    },
    Scenario(name: "a state outlives a call and serves the next", functions: [noting]) { driver in
      _ = try await noting.remote(1)
      _ = try await noting.map(0..<100).collect()
      let (_, count) = try await noting.remote(2)
      expect(count > 2, "the state was new: \(count)")
      expect(Board.value(Slot.entered) <= 2, "enters: \(Board.value(Slot.entered))")
    },
    Scenario(name: "a state is lost with a crash and made anew, without an exit", functions: [crashing]) {
      driver in
      let results = try await crashing.map(0..<100).results.collect()
      expectEqual(results.count, 100, "results")
      for (x, result) in results.enumerated() {
        switch result {
        case .success(let number): expectEqual(number, x < 50 ? 1 : 2, "the state of \(x)")
        case .failure(let error):
          expectEqual(x, 50, "the input that failed")
          guard case .crashed = error.reason else { fail("\(error)") }
        }
      }
      await driver.shutdown()
      expectEqual(Board.value(Slot.entered), 2, "enters")
      expectEqual(Board.value(Slot.exited), 1, "exits")
    },
    Scenario(name: "containers that have run their share exit, as often as they entered", functions: [brief])
    {
      driver in
      let counts = try await brief.map(0..<200).collect()
      expect(counts.allSatisfy { $0 <= 10 }, "an input was the \(counts.max() ?? 0)th")
      await driver.shutdown()
      expect(Board.value(Slot.entered) >= 20, "enters: \(Board.value(Slot.entered))")
      expectAllLeft()
    },
    Scenario(name: "a container that idled for its window exits", functions: [idle]) { _ in
      for round in 1...3 {
        _ = try await idle.remote(round)
        Board.await(Slot.exited, atLeast: round)
      }
      expectAllLeft(3)
    },
    Scenario(name: "an enter that throws ends the calls with what it threw", functions: [modelless]) {
      driver in
      await expectNoStart(of: modelless, saying: "enter threw: the model is not in the cellar")
      expectEqual(Board.value(Slot.entered), 3, "enters")
      // The next call tries again, and is told the same.
      await expectNoStart(of: modelless, saying: "the model is not in the cellar")
      expectEqual(Board.value(Slot.entered), 6, "enters")
      await driver.shutdown()
      expectEqual(Board.value(Slot.exited), 0, "exits without an enter")
    },
    Scenario(name: "an enter that traps ends the calls with its last words", functions: [trapping]) { _ in
      await expectNoStart(of: trapping, saying: "the cellar is locked")
      expectEqual(Board.value(Slot.entered), 3, "enters")
    },
    Scenario(name: "an enter that throws twice and then does not is forgiven", functions: [lucky]) { _ in
      expectEqual(try await lucky.map(0..<10).collect(), Array(7..<17), "outputs")
      expectEqual(Board.value(Slot.entered), 3, "enters")
    },
    Scenario(
      name: "an enter that takes longer than the startup timeout ends the calls", functions: [slowToEnter]
    ) {
      _ in
      await expectNoStart(of: slowToEnter, saying: "startupTimeout")
      expectEqual(Board.value(Slot.entered), 3, "enters")
    },
    Scenario(name: "enter and exit may hop to the main actor", functions: [onMain]) { driver in
      expectEqual(try await onMain.map(0..<100).collect(), Array(repeating: 2, count: 100), "outputs")
      await driver.shutdown()
      expectEqual(Board.value(Slot.exited), 1, "exits")
    },
    Scenario(name: "a state goes with every shape of a body", functions: [several, both, text]) { _ in
      let pairs = try await several.map([1, 2], ["a", "b"]).collect()
      expect(pairs[0] == (101, "a100") && pairs[1] == (102, "b100"), "\(pairs)")
      try await both.forEach([1, 2, 3], [10, 10, 10])
      expectEqual(Board.value(Slot.ran), 300, "the sum")
      expectEqual(try await text.map(["a", "b"]).collect(), ["state a", "state b"], "texts")
      let inner = thrownByFunction(await thrown { _ = try await text.remote("no") })
      expect(inner.message.contains("cellar"), "\(inner)")
    },
    Scenario(name: "a local call enters, runs and exits around it", functions: []) { _ in
      let (pid, count) = try await noting.local(1)
      expectEqual(pid, Int(getpid()), "the process")
      expectEqual(count, 1, "inputs")
      expectAllLeft(1)
      _ = try await silent.local(3)
      expectEqual(Board.value(Slot.ran), 15, "the product")
      _ = await thrown { _ = try await text.local("no") }
      _ = await thrown { _ = try await modelless.local(1) }
      expectEqual(Board.value(Slot.exited), 1, "exits after a failed enter")
    },
    Scenario(name: "a shutdown waits for slow exits", functions: [lingering]) { driver in
      _ = try await lingering.map(0..<1000).collect()
      await driver.shutdown()
      expectAllLeft()
      expectEqual(Board.value(Slot.late), Board.value(Slot.exited), "exits that came to their end")
    },
    Scenario(name: "an exit that never ends is killed, and the shutdown with it over", functions: [stubborn])
    { driver in
      _ = try await stubborn.remote(1)
      await driver.shutdown()
      expectEqual(Board.value(Slot.exited), 1, "exits")
    },
    Scenario(name: "exits run after an interrupt that the program shuts down for", functions: [noting]) {
      driver in
      signal(SIGINT, SIG_IGN)
      _ = try await noting.map(0..<1000).collect()
      // As a terminal does: to the whole group, containers and all.
      kill(0, SIGINT)
      try await rest(50)
      await driver.shutdown()
      expectAllLeft()
    },
    Scenario(name: "a container whose input was cancelled exits like any other", functions: [holding]) {
      driver in
      let task = Task { try await holding.map(0..<10).collect() }
      Board.await(Slot.ran, atLeast: 1)
      task.cancel()
      _ = await thrown { _ = try await task.value }
      await driver.shutdown()
      expectAllLeft(1)
    },
    Scenario(name: "a driver that is dropped waits for its exits", functions: []) { _ in
      do {
        let driver = try Driver(noting, configuration: .init(start: .inProcess))
        _ = try await noting.remote(1)
        withExtendedLifetime(driver) {}
      }
      Board.await(Slot.exited, atLeast: 1)
      expectAllLeft(1)
    },
  ])
