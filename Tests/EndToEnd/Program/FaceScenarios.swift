// Promises about the face: names, drivers and apps, what misuse says, shutting down, what statistics count.

import Dispatch
import Gantry
import Glibc
import Logging
import Synchronization

private let square = Function("square") { (x: Int) in x * x }
private let unnamed = Function { (x: Int) in x }
private let homeless = Function("homeless") { (x: Int) in x }
private let another = Function("square") { (x: String) in x }
private let gated = Function("gated", options: .init(maxContainers: 1)) { (x: Int) in
  Board.await(0, atLeast: 1)
  return x
}
private let word = Function("word") { (x: Int) in "\(x)" }
private let plus = Function("plus", { (a: Int, b: Int) in a + b })
private let failing = Function("failing", options: .init(retries: .init(maxRetries: 1, initialDelay: .zero)))
{
  (x: Int) in
  if x % 10 == 0 { throw PlainError("\(x)") }
  return x
}

/// An app whose functions are found wherever they are held.
struct Workshop: App {
  struct Tools: Sendable {
    let saw = Function { (x: Int) in x / 2 }
    let drills = [Function { (x: Int) in x + 1 }, Function { (x: Int) in x + 2 }]
  }

  let hammer = Function { (x: Int) in x * 10 }
  let glue = Function("superglue") { (a: String, b: String) in a + b }
  let tools = Tools()
  let spare: Function<Int, Int>? = Function { (x: Int) in -x }
  let missing: Function<Int, Int>? = nil
  let size = 3

  func run() async throws {
    print(try await hammer.map([1, 2, 3]).collect())
    print(try await glue.remote("a", "b"))
    print(
      try await tools.saw.remote(8), try await tools.drills[0].remote(1), try await tools.drills[1].remote(1))
    for try await output in spare?.map([1, 2]) ?? hammer.map([]) { print(output) }
    for function in [hammer, tools.saw, tools.drills[1]] {
      do {
        _ = try await function.map([Int.max]).collect()
      } catch {}
    }
    struct Ending: Error {}
    throw Ending()
  }
}

/// Wrong uses, each the end of a process with a sentence: what to do, and what the sentence must hold.
private let misuses: [String: (says: [String], act: @Sendable () async throws -> Void)] = [
  "iterating twice": (
    ["MapResults can be iterated once"],
    {
      let results = square.map([1])
      _ = results.makeAsyncIterator()
      _ = results.makeAsyncIterator()
    }
  ),
  "iterating two views": (
    ["MapResults can be iterated once"],
    {
      let results = square.map([1])
      _ = results.results.makeAsyncIterator()
      _ = try await results.indexed.collect()
    }
  ),
  "collecting twice": (
    ["MapResults can be iterated once"],
    {
      let results = square.map([1])
      _ = try await results.collect()
      _ = try await results.collect()
    }
  ),
  "a ceiling of 0": (
    ["maxOutstandingInputs is 0", "1 or more"], { _ = square.map([1], maxOutstandingInputs: 0) }
  ),
  "a ceiling of -1": (["maxOutstandingInputs is -1"], { _ = square.map([1], maxOutstandingInputs: -1) }),
  "no containers": (["maxContainers is 0", "1 or more"], { _ = FunctionOptions(maxContainers: 0) }),
  "negative containers": (["maxContainers is -1"], { _ = FunctionOptions(maxContainers: -1) }),
  "negative least": (["minContainers is -2", "0 or more"], { _ = FunctionOptions(minContainers: -2) }),
  "least above most": (
    ["minContainers is 5", "maxContainers, 4"], { _ = FunctionOptions(minContainers: 5, maxContainers: 4) }
  ),
  "negative buffer": (["bufferContainers is -1"], { _ = FunctionOptions(bufferContainers: -1) }),
  "no input per container": (
    ["maxInputsPerContainer is 0"], { _ = FunctionOptions(maxInputsPerContainer: 0) }
  ),
  "no concurrency": (["inputConcurrency is 0"], { _ = FunctionOptions(inputConcurrency: 0) }),
  "negative retries": (["maxRetries is -1", "0 or more"], { _ = Retries(maxRetries: -1) }),
  "no backoff": (
    ["backoffCoefficient is 0.0", "1 or more"], { _ = Retries(maxRetries: 1, backoffCoefficient: 0) }
  ),
  "a chunk of nothing": (["Chunking.fixed(0)", "at least 1"], { _ = Chunking.fixed(0) }),
  "a chunk of -1": (["Chunking.fixed(-1)"], { _ = Chunking.fixed(-1) }),
  "no acceleration": (["acceleration: 0"], { _ = Compression.lz4(acceleration: 0) }),
  "a tiny ring": (["ringBytes is 1024", "65536 or more"], { _ = Configuration(ringBytes: 1024) }),
  "no rate": (["RateLimit.count is 0"], { _ = RateLimit(count: 0, per: .seconds(1)) }),
  "no time": (["timeout is 0.0 seconds"], { _ = FunctionOptions(timeout: .zero) }),
]

/// Does one wrong thing; returns only if that goes unnoticed.
func misuse(_ name: String) -> Never {
  guard let (_, act) = misuses[name] else { fail("no misuse is named \(name)") }
  do {
    let driver = try Driver(square)
    Task {
      try await act()
      await driver.shutdown()
      exit(0)
    }
    dispatchMain()
  } catch {
    fail("\(error)")
  }
}

/// Keeps what it is told.
struct Recorder: LogHandler {
  let lines = Lines()
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  final class Lines: Sendable {
    private let all = Mutex<[(level: Logger.Level, text: String)]>([])
    func add(_ level: Logger.Level, _ text: String) { all.withLock { $0.append((level, text)) } }
    func texts(_ level: Logger.Level) -> [String] {
      all.withLock { $0.filter { $0.level == level }.map(\.text) }
    }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { lines.add(event.level, "\(event.message)") }
}

private let recorder = Recorder()

/// The refusal of a driver for these functions.
private func refusal(_ functions: [any RegisteredFunction], line: Int = #line) async -> GantryError {
  require(await thrown(line: line) { _ = try Driver(functions) }, GantryError.self, line: line)
}

let faceScenarios = ScenarioGroup(
  name: "face",
  scenarios: [
    Scenario(name: "functions without a name or with another's are refused by name", functions: [square]) {
      _ in
      let nameless = await refusal([word, unnamed])
      expect(
        nameless.code == .invalidFunctions && nameless.message.contains("Function 2 of 2"), "\(nameless)")
      let double = await refusal([another, word, another])
      expect(double.code == .invalidFunctions && double.message.contains("\"square\""), "\(double)")
    },
    Scenario(
      name: "a second driver that demands a fork is refused with the reason, and the first works on",
      functions: [square]
    ) { _ in
      let error = require(
        await thrown { _ = try Driver(word, configuration: .init(start: .fork)) }, GantryError.self)
      expectEqual(error.code, .zygoteStartFailed)
      expect(error.message.contains(".fork") && error.message.contains(".automatic"), "\(error)")
      expectEqual(try await square.remote(3), 9)
    },
    Scenario(name: "a function without a driver says what to do", functions: [square]) { _ in
      for error in [
        await thrown { _ = try await homeless.map([1]).collect() },
        await thrown { _ = try await homeless.remote(1) },
        await thrown { try await homeless.forEach(unknown([1])) },
        await thrown { _ = try await all(homeless.map([1]).results) },
      ] {
        let error = require(error, GantryError.self)
        expect(
          error.code == .notStarted && error.message.contains("homeless")
            && error.message.contains("Driver("), "\(error)")
      }
      expectEqual(try await homeless.local(4), 4)
    },
    Scenario(name: "local runs here, with the same arguments", functions: [square, plus]) { driver in
      expectEqual(try await square.local(5), 25)
      expectEqual(try await plus.local(1, 2), 3)
      expectEqual(try await plus.remote(1, 2), 3)
      expectEqual(driver.statistics.functions.map(\.inputsTaken), [0, 1])
    },
    Scenario(name: "shutting down finishes running calls and refuses new ones", functions: [gated, square]) {
      driver in
      let running = Task { try await gated.map(0..<50).collect() }
      await eventually("an input runs") { driver.statistics.functions[0].inputsTaken > 0 }
      let ending = Task { await driver.shutdown() }
      try await rest(50)
      let early = require(await thrown { _ = try await square.map([1]).collect() }, GantryError.self)
      expectEqual(early.code, .shutDown)
      Board.set(0, 1)
      expectEqual(try await running.value, Array(0..<50))
      await ending.value
      await driver.shutdown()
      for error in [
        await thrown { _ = try await square.map([1]).collect() },
        await thrown { _ = try await square.remote(1) },
        await thrown { try await square.forEach(Counted()) },
        await thrown { _ = try await all(gated.map(0..<3)) },
      ] {
        let error = require(error, GantryError.self)
        expect(error.code == .shutDown && error.message.contains("shut down"), "\(error)")
      }
    },
    Scenario(name: "fifty calls and a shutdown at once: all of them end", functions: [square, word]) {
      driver in
      let calls = (0..<50).map { index in Task { try await square.map(0..<(index * 10)).collect().count } }
      while driver.statistics.functions[0].inputsTaken == 0 { await Task.yield() }
      await driver.shutdown()
      for (index, call) in calls.enumerated() {
        switch await call.result {
        case .success(let count): expectEqual(count, index * 10)
        case .failure(let error): expectEqual(require(error, GantryError.self).code, .shutDown)
        }
      }
    },
    Scenario(name: "a shutdown does not wait for iterators that were dropped", functions: [square, word]) {
      driver in
      do {
        var half = square.map(Counted(), maxOutstandingInputs: 4).makeAsyncIterator()
        _ = try await half.next()
        var other = word.map(0..<100_000).batches.makeAsyncIterator()
        _ = try await other.next()
        _ = square.map([1]).makeAsyncIterator()
      }
      await driver.shutdown()
    },
    Scenario(name: "an app finds its functions and runs", functions: [square]) { _ in
      let run = Victim("app", arguments: ["EndToEndProgram", "app"])
      let output = readAll(run.output)
      let errors = readAll(run.errors)
      let status = run.reap()
      run.closePipes()
      expectEqual(output, "[10, 20, 30]\nab\n4 2 3\n-1\n-2\n", "the app's output, with errors \(errors)")
      expectEqual(status, 1 << 8, "the app's status")
      expect(errors.hasSuffix("Error: Ending()\n"), errors)
    },
    Scenario(name: "misuse ends the program with a sentence that names it", functions: [square]) { _ in
      for (name, (texts, _)) in misuses.sorted(by: { $0.key < $1.key }) {
        let run = Victim("misuse", arguments: ["EndToEndProgram", "misuse", name])
        let errors = readAll(run.errors)
        let status = run.reap()
        run.closePipes()
        expect(status & 0x7f != 0, "\(name) ended with status \(status): \(errors)")
        for text in texts { expect(errors.contains(text), "\(name) said only: \(errors)") }
        await eventually("what \(name) started has ended") { run.survivors.isEmpty }
      }
    },
    Scenario(
      name: "an unconsumed map is warned of once, a consumed one never", functions: [square, word],
      configuration: .init(logger: Logger(label: "test") { _ in recorder })
    ) { _ in
      func warnings() -> [String] { recorder.lines.texts(.warning) }
      _ = square.map([1])
      expectEqual(warnings().count, 1)
      expect(warnings()[0].contains("square"), warnings()[0])
      do {
        let results = word.map(Counted())
        _ = results.indexed
        _ = results.results.batches
      }
      expectEqual(warnings().count, 2)
      _ = try await square.map([1, 2]).collect()
      for try await _ in word.map(Counted()) { break }
      try await square.forEach([1])
      _ = try await square.map([Int]()).collect()
      expectEqual(warnings().count, 2, "warnings: \(warnings())")
      expectEqual(recorder.lines.texts(.error), [])
    },
    Scenario(name: "statistics count what was done", functions: [square, failing]) { driver in
      _ = try await square.map(0..<1000).collect()
      _ = try await failing.map(unknown(0..<100)).results.collect()
      let (first, second) = (driver.statistics.functions[0], driver.statistics.functions[1])
      expectEqual(first.name, "square")
      expectEqual([first.inputsTaken, first.completed, first.failed, first.retried], [1000, 1000, 0, 0])
      expectEqual([second.inputsTaken, second.completed, second.failed, second.retried], [100, 90, 10, 10])
      expect(first.chunks >= 1 && first.bytesRaw == 8000, "\(first.chunks) chunks, \(first.bytesRaw) bytes")
      expect(first.containersStarted >= 1 && first.containersDied == 0, "\(first)")
      expectEqual(first.containers.map(\.outputs).reduce(0, +), 1000)
      await eventually("nothing is in the ring any more") { driver.statistics.occupancy == 0 }
    },
    Scenario(name: "a driver of no functions starts and ends", functions: []) { driver in
      expectEqual(driver.statistics.functions.count, 0)
    },
  ])
