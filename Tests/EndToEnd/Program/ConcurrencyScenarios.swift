// Promises about containers that run several inputs of an asynchronous body at a time: how many, which results, who
// pays for a death or a timeout, and who is cancelled.

import Gantry
import Glibc
import Logging

/// What the functions count on the board.
///
/// Each input has slots of its own from `byInput` on.
private enum Slot {
  /// Inputs that run now, and the most at a time.
  static let running = 0
  static let gate = 2
  static let begun = 3
  static let cancelled = 4
  static let exited = 6
  static let byInput = 1000
}

private struct Broken: Error {}

/// Runs something as one of those that are counted.
private func counted<R>(_ body: () async throws -> R) async rethrows -> R {
  Board.enter(Slot.running)
  defer { Board.leave(Slot.running) }
  return try await body()
}

/// Lets others run until a slot has reached a value.
private func wait(for slot: Int, atLeast value: Int) async {
  while Board.value(slot) < value { try? await Task.sleep(nanoseconds: 1_000_000) }
}

private let hundred = Function("hundred", options: .init(maxContainers: 1, inputConcurrency: 100)) {
  (x: Int) async -> Int in
  // Nobody gets past this before all are here.
  await counted {
    Board.add(Slot.begun)
    await wait(for: Slot.begun, atLeast: x)
  }
  return Int(getpid())
}
private let many = Function("many", options: .init(maxContainers: 1, inputConcurrency: 300)) {
  (x: Int) async -> Int in
  await counted {
    Board.add(Slot.begun)
    await wait(for: Slot.begun, atLeast: 300)
  }
  return x
}
private let five = Function("five", options: .init(maxContainers: 1, inputConcurrency: 5)) {
  (x: Int) async throws -> Int in
  try await counted { try await rest(x % 3) }
  return x
}
private let held = Function("held", options: .init(maxContainers: 1, inputConcurrency: 4)) {
  (x: Int) async throws -> Int in
  if x == 0 { await wait(for: Slot.gate, atLeast: 1) }
  return x
}
private let hop = Function("hop", options: .init(maxContainers: 2, inputConcurrency: 8)) {
  (x: Int) async -> Int in
  await Task.yield()
  return 2 * x
}
/// One of them dies; nobody ends before all eight of a kind are begun.
private let trapping = Function(
  "trapping",
  options: .init(
    maxContainers: 1, crashRetries: .init(maxRetries: 2, initialDelay: .zero), inputConcurrency: 8)
) { (x: Int, guilty: Int) async -> Int in
  await counted {
    let attempt = Board.add(Slot.byInput + x)
    Board.add(Slot.begun)
    if attempt == 1 { await wait(for: Slot.begun, atLeast: 8) }
    if x == guilty { die(.killedByItself) }
    if attempt == 1 { try? await rest(600_000) }
  }
  return x
}
private let poisoned = Function(
  "poisoned",
  options: .init(
    maxContainers: 2, crashRetries: .init(maxRetries: 1, initialDelay: .zero), inputConcurrency: 10)
) { (x: Int) async throws -> Int in
  try await rest(1)
  if x == 37 { die(.killedByItself) }
  return x
}
private let alone = Function(
  "alone", options: .init(maxContainers: 1, crashRetries: .none, inputConcurrency: 4)
) { (x: Int) async throws -> Int in
  let attempt = Board.add(Slot.byInput + x)
  return try await counted {
    if x >= 4 {
      try await rest(5)
      return 1
    }
    if attempt == 1 {
      Board.add(Slot.begun)
      await wait(for: Slot.begun, atLeast: 4)
      if x == 0 {
        Board.set(Slot.running, 0)
        die(.killedByItself)
      }
      try await rest(600_000)
    }
    // The second attempt of a suspect: those beside it would be seen.
    let company = Board.value(Slot.running)
    try await rest(5)
    return max(company, Board.value(Slot.running))
  }
}
/// Cannot be read back where it has thirteen bytes.
struct Answer: Payload {
  var bytes: [UInt8]
  init(_ bytes: [UInt8]) { self.bytes = bytes }
  init(from decoder: inout PayloadDecoder) throws {
    bytes = try decoder.decode()
    if bytes.count == 13 { throw PlainError("thirteen cannot be read") }
  }
  func encode(into encoder: inout PayloadEncoder) { encoder.encode(bytes) }
}
private let mixed = Function("mixed", options: .init(maxContainers: 1, inputConcurrency: 6)) {
  (x: Int) async throws -> Answer in
  try await rest(x % 4)
  if x % 10 == 3 && x != 13 { throw Broken() }
  return Answer([UInt8](repeating: UInt8(x), count: x % 10 == 7 ? 5_000_000 + x : x))
}
private let picky = Function("picky", options: .init(maxContainers: 1, inputConcurrency: 6)) {
  (x: Int) async throws -> Picky in
  try await rest(x % 4)
  return Picky(x % 5 == 2 ? -x : x)
}
private let timed = Function(
  "timed", options: .init(maxContainers: 1, timeout: .milliseconds(600), inputConcurrency: 8)
) { (x: Int) async throws -> Int in
  let attempt = Board.add(Slot.byInput + x)
  // The first to begin blocks; the last of the others is amid its time when that is over.
  try await rest(x == 0 ? 600_000 : attempt == 1 ? 40 * (x % 8) : 1)
  return x
}
private let allLate = Function(
  "allLate", options: .init(maxContainers: 1, timeout: .milliseconds(100), inputConcurrency: 20)
) { (x: Int) async throws -> Int in
  if x < 20 { try await rest(600_000) }
  return x
}
private let patient = Function("patient", options: .init(maxContainers: 1, inputConcurrency: 300)) {
  (x: Int, quits: Bool) async -> Int in
  Board.add(Slot.begun)
  if quits {
    while !Task.isCancelled { try? await Task.sleep(nanoseconds: 3_600_000_000_000) }
    Board.add(Slot.cancelled)
  } else {
    await wait(for: Slot.gate, atLeast: 1)
    if Task.isCancelled { Board.add(Slot.cancelled, 1_000_000) }
  }
  return Int(getpid())
}
private let deaf = Function("deaf", options: .init(maxContainers: 1, inputConcurrency: 4)) {
  (x: Int) async -> Int in
  Board.add(Slot.byInput + x)
  Board.add(Slot.begun)
  if x == 0 { while true { try? await Task.sleep(nanoseconds: 5_000_000) } }
  if Board.value(Slot.byInput + x) == 1 { while true { try? await Task.sleep(nanoseconds: 5_000_000) } }
  return x
}
private let sync = Function("sync", options: .init(maxContainers: 1, inputConcurrency: 8)) {
  (x: Int) -> Int in
  Board.enter(Slot.running)
  defer { Board.leave(Slot.running) }
  nap(1)
  return x
}
private actor Ledger {
  var count = 0
  func note() -> Int {
    count += 1
    return count
  }
}
private let sharing = Function(
  "sharing", options: .init(maxContainers: 1, inputConcurrency: 10), enter: open, exit: leave
) { (ledger: Ledger, x: Int) async throws -> Int in
  let count = await ledger.note()
  try await counted { try await rest(2) }
  return count
}
private func open() -> Ledger { Ledger() }
private func leave(_ ledger: Ledger) async { Board.add(Slot.exited, await ledger.count) }
private let lasting = Function("lasting", options: .init(maxContainers: 1, inputConcurrency: 8)) {
  (milliseconds: Int) async throws -> Int in
  try await rest(milliseconds)
  return milliseconds
}
private let limited = Function(
  "limited",
  options: .init(
    maxContainers: 2, inputConcurrency: 6, maxInputsPerContainer: 20,
    rateLimit: .init(count: 10, per: .milliseconds(50)))
) { (x: Int) async throws -> [Int] in
  let start = clock()
  try await rest(20)
  return [start, Int(getpid())]
}
private let thrower = Function(
  "thrower",
  options: .init(
    maxContainers: 2, retries: .init(maxRetries: 3, initialDelay: .zero),
    crashRetries: .init(maxRetries: 5, initialDelay: .zero), inputConcurrency: 7)
) { (x: Int) async throws -> Int in
  let attempt = Board.add(Slot.byInput + x)
  try await rest(x % 3)
  if x % 11 == 4 && attempt == 1 { die(x % 2 == 0 ? .killedByItself : .abort) }
  if x % 5 == 1 && attempt <= 3 { throw Broken() }
  return x
}

/// The time now, on the clock that all processes share.
private func clock() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

private let record = Recorder()
private var warning: Configuration {
  var logger = Logger(label: "test") { _ in record }
  logger.logLevel = .warning
  return Configuration(logger: logger)
}

private func scenario(
  _ name: String, _ functions: [any RegisteredFunction], _ configuration: Configuration = Configuration(),
  _ run: @escaping @Sendable (Driver) async throws -> Void
) -> Scenario {
  Scenario(name: name, functions: functions, configuration: configuration, run: run)
}

/// Why there is no output.
private func reason<Output>(of result: Result<Output, InputError>) -> InputError.Reason? {
  if case .failure(let error) = result { error.reason } else { nil }
}

private func runTogether() async throws {
  let pids = try await hundred.map(Array(repeating: 100, count: 100)).collect()
  expectEqual(pids.count, 100, "outputs")
  expectEqual(Set(pids).count, 1, "containers")
  expectEqual(Board.value(Slot.running + 1), 100, "at a time")
}

private func cancelSome() async throws {
  let quitting = Task { try await patient.starmap((0..<200).map { ($0, true) }).collect() }
  Board.await(Slot.begun, atLeast: 200)
  let staying = Task { try await patient.starmap((0..<50).map { ($0, false) }).collect() }
  Board.await(Slot.begun, atLeast: 250)
  quitting.cancel()
  expect(await thrown { _ = try await quitting.value } is CancellationError, "another error")
  Board.await(Slot.cancelled, atLeast: 200)
  Board.set(Slot.gate, 1)
  let pids = try await staying.value
  expectEqual(pids.count, 50, "outputs")
  expectEqual(Set(pids).count, 1, "containers")
  expectEqual(Board.value(Slot.cancelled), 200, "cancelled")
  expectEqual(Board.value(Slot.begun), 250, "begun")
}

let concurrencyScenarios = ScenarioGroup(
  name: "concurrency",
  scenarios: [
    scenario("a hundred inputs run together in one container", [hundred]) { _ in try await runTogether() },
    scenario("more inputs run together than a lane has slots, and their slots are used again", [many]) { _ in
      for round in 1...3 {
        Board.set(Slot.begun, 0)
        expectEqual(try await many.map(0..<300).collect(), Array(0..<300), "round \(round)")
      }
      expectEqual(Board.value(Slot.running + 1), 300, "at a time")
    },
    scenario("never more inputs run at a time than are allowed, in order", [five]) { _ in
      expectEqual(try await five.map(0..<500).collect(), Array(0..<500), "outputs")
      expectEqual(Board.value(Slot.running + 1), 5, "at a time")
      expectEqual(try await five.map(unknown(0..<200)).collect(), Array(0..<200), "of a sequence")
      expectEqual(Board.value(Slot.running + 1), 5, "at a time")
    },
    scenario("outputs come as they complete where their order is of no matter", [held]) { _ in
      var seen: [Int] = []
      for try await x in held.map(0..<100, orderOutputs: false) {
        seen.append(x)
        if seen.count == 99 { Board.set(Slot.gate, 1) }
      }
      expectEqual(seen.last, 0, "the last")
      expectEqual(seen.sorted(), Array(0..<100), "outputs")
    },
    scenario("twenty thousand quick inputs come back once each", [hop]) { driver in
      expectEqual(try await hop.map(0..<20_000).collect(), (0..<20_000).map { 2 * $0 }, "outputs")
      expectEqual(driver.statistics.functions[0].containersDied, 0, "containers that died")
    },
    scenario("a crash among several blames only the culprit", [trapping]) { driver in
      let results = try await trapping.map(Array(0..<8), Array(repeating: 3, count: 8)).outcomes.collect()
      for outcome in results {
        switch outcome.result {
        case .success(let x):
          expect(x == outcome.index && x != 3, "\(outcome)")
          expectEqual(outcome.attempts, 1, "attempts of \(x)")
        case .failure(let error):
          expectEqual(outcome.index, 3, "the input that failed")
          guard case .crashed = error.reason else { fail("\(error)") }
          // The crash amid the others is nobody's; then it has three attempts of its own.
          expectEqual(error.attempts, 3, "attempts")
        }
      }
      expectEqual(results.filter { (try? $0.result.get()) == nil }.count, 1, "failures")
      // Four by the crashes, and those in which the seven others ran alone: each suspect has a container of its own.
      let died = driver.statistics.functions[0].containersDied
      expect((4...11).contains(died), "\(died) containers died")
    },
    scenario("suspects run again without company", [alone]) { _ in
      let results = try await alone.map(0..<40).results.collect()
      expectEqual(results.map { try? $0.get() }, Array(repeating: 1, count: 40), "those who ran at a time")
    },
    scenario("a poison input costs only itself", [poisoned]) { _ in
      let results = try await poisoned.map(0..<200).results.collect()
      for (x, result) in results.enumerated() {
        if x == 37 {
          guard case .crashed = reason(of: result) else { fail("\(result)") }
        } else {
          expectEqual(try result.get(), x, "output")
        }
      }
    },
    scenario("thrown errors, undecodable and large outputs come among others", [mixed]) { driver in
      let results = try await mixed.map(0..<60).results.collect()
      for (x, result) in results.enumerated() {
        switch (x, result) {
        case (13, .failure(let error)):
          guard case .undeliverable(let why) = error.reason else { fail("\(error)") }
          expect(why.contains("thirteen"), why)
        case (_, .failure(let error)):
          expectEqual(x % 10, 3, "the input that failed")
          guard case .threw = error.reason else { fail("\(error)") }
        case (_, .success(let answer)):
          expectEqual(answer.bytes.count, x % 10 == 7 ? 5_000_000 + x : x, "bytes")
          expect(answer.bytes.allSatisfy { $0 == UInt8(x) }, "other bytes in \(x)")
        }
      }
      expectEqual(results.filter { (try? $0.get()) == nil }.count, 6, "failures")
      expectEqual(driver.statistics.functions[0].containersDied, 0, "containers that died")
    },
    scenario("outputs without an encoding fail alone", [picky]) { driver in
      let results = try await picky.map(0..<60).results.collect()
      for (x, result) in results.enumerated() {
        if x % 5 == 2 {
          guard case .undeliverable = reason(of: result) else { fail("\(result)") }
        } else {
          expectEqual(try result.get().number, x, "output")
        }
      }
      expectEqual(driver.statistics.functions[0].containersDied, 0, "containers that died")
    },
    scenario("the timeout of one of several is its own", [timed]) { driver in
      let outcomes = try await timed.map(0..<30).outcomes.collect()
      for outcome in outcomes {
        expectEqual(outcome.attempts, 1, "attempts of \(outcome.index)")
        if outcome.index == 0 {
          guard case .timedOut = reason(of: outcome.result) else { fail("\(outcome)") }
          expect(outcome.duration >= .milliseconds(600), "\(outcome.duration)")
        } else {
          expectEqual(try outcome.result.get(), outcome.index, "output")
        }
      }
      expectEqual(driver.statistics.functions[0].containersDied, 1, "containers that died")
    },
    scenario("what is overdue at one time is so at once", [allLate]) { driver in
      let results = try await allLate.map(0..<40).results.collect()
      for (x, result) in results.enumerated() {
        if x < 20 {
          guard case .timedOut = reason(of: result) else { fail("\(result)") }
        } else {
          expectEqual(try result.get(), x, "output")
        }
      }
      expect(driver.statistics.functions[0].containersDied < 10, "a kill for each")
    },
    scenario(
      "a cancelled map's inputs are cancelled, and those of another in their container are not", [patient]
    ) { driver in
      try await cancelSome()
      expectEqual(driver.statistics.functions[0].containersDied, 0, "containers that died")
    },
    scenario("a body that ignores its cancellation costs its neighbours nothing", [deaf]) { driver in
      let ignoring = Task { try await deaf.map([0]).collect() }
      Board.await(Slot.begun, atLeast: 1)
      let other = Task { try await deaf.map(1..<3).outcomes.collect() }
      Board.await(Slot.begun, atLeast: 3)
      ignoring.cancel()
      let outcomes = try await other.value
      expectEqual(outcomes.map { try? $0.result.get() }, [1, 2], "outputs")
      expectEqual(outcomes.map(\.attempts), [1, 1], "attempts")
      expectEqual(driver.statistics.functions[0].containersDied, 1, "containers that died")
    },
    scenario("two maps share a container", [hundred]) { _ in
      async let first = hundred.map(Array(repeating: 100, count: 50)).collect()
      async let second = hundred.map(Array(repeating: 100, count: 50)).collect()
      let pids = try await first + second
      expectEqual(pids.count, 100, "outputs")
      expectEqual(Set(pids).count, 1, "containers")
    },
    scenario("a synchronous body runs one input at a time, which is said once", [sync], warning) { _ in
      expectEqual(try await sync.map(0..<50).collect(), Array(0..<50), "outputs")
      expectEqual(try await sync.map(0..<50).collect(), Array(0..<50), "outputs")
      expectEqual(Board.value(Slot.running + 1), 1, "at a time")
      let warnings = record.lines.texts(.warning).filter { $0.contains("inputConcurrency 8") }
      expectEqual(warnings.count, 1, "warnings in \(record.lines.texts(.warning))")
    },
    scenario("inputs at a time share the state of their container, whose exit runs behind them", [sharing]) {
      driver in
      let counts = try await sharing.map(0..<100).collect()
      expectEqual(counts.sorted(), Array(1...100), "what the state counted")
      expectEqual(Board.value(Slot.running + 1), 10, "at a time")
      await driver.shutdown()
      expectEqual(Board.value(Slot.exited), 100, "what the exit saw")
    },
    scenario("each outcome has its own duration", [lasting]) { _ in
      let outcomes = try await lasting.map([400, 1, 200, 1, 1, 100, 1, 1]).outcomes.collect()
      for outcome in outcomes {
        let least = Duration.milliseconds(try outcome.result.get())
        expect(outcome.duration >= least, "\(outcome)")
      }
      // A short one among long ones is not said to be long: no machine stretches all of them so.
      let short = outcomes.filter { (try? $0.result.get()) == 1 }.map(\.duration).min()
      expect((short ?? .zero) < .milliseconds(100), "\(outcomes)")
    },
    scenario("limits of rate and of inputs per container hold", [limited]) { _ in
      let outputs = try await limited.map(0..<100).collect()
      let starts = outputs.map { $0[0] }.sorted()
      for (first, last) in zip(starts, starts.dropFirst(10)) {
        expect(last - first > 50_000_000, "eleven starts within \(last - first) ns")
      }
      let ran = Dictionary(grouping: outputs.map { $0[1] }, by: { $0 }).mapValues(\.count)
      expect(ran.values.allSatisfy { $0 <= 20 }, "\(ran)")
    },
    scenario("crashes, retries and outputs mixed lose and double nothing", [thrower]) { _ in
      let outcomes = try await thrower.map(0..<200).outcomes.collect()
      expectEqual(outcomes.map(\.index), Array(0..<200), "indices")
      for outcome in outcomes { expectEqual(try outcome.result.get(), outcome.index, "output") }
    },
    scenario("inputs run together in the driver's own process too", [hundred], .init(start: .inProcess)) {
      _ in
      try await runTogether()
    },
    scenario(
      "cancels reach their inputs in the driver's own process too", [patient], .init(start: .inProcess)
    ) { _ in try await cancelSome() },
    scenario(
      "a state is shared and left in the driver's own process too", [sharing], .init(start: .inProcess)
    ) { driver in
      expectEqual(try await sharing.map(0..<100).collect().sorted(), Array(1...100), "what the state counted")
      await driver.shutdown()
      expectEqual(Board.value(Slot.exited), 100, "what the exit saw")
    },
  ])
