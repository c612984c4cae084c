// Promises about inputs that end their container: exactly they are reported, and everything else is delivered.

import Gantry
import Glibc

private let square = Function("square") { (x: Int) in x * x }

/// The ways to end a container; an input names one by its number.
enum Death: Int, CaseIterable {
  case killedByItself, killedByAnother, outOfRange, noValue, overflow, fatalError, badAddress, beyondFile, abort
  case exitsWithZero, exitsWithThree, returnsToExit, terminated, floatingPoint

  /// What is reported, where all agree on it.
  var status: ContainerExit.Status {
    #if arch(x86_64)
      let trap = ContainerExit.Status.signal(SIGILL, name: "SIGILL")
    #else
      let trap = ContainerExit.Status.signal(SIGTRAP, name: "SIGTRAP")
    #endif
    return switch self {
    case .killedByItself, .killedByAnother: .signal(SIGKILL, name: "SIGKILL")
    case .outOfRange, .noValue, .overflow, .fatalError: trap
    case .badAddress: .signal(SIGSEGV, name: "SIGSEGV")
    case .beyondFile: .signal(SIGBUS, name: "SIGBUS")
    case .abort: .signal(SIGABRT, name: "SIGABRT")
    case .exitsWithZero: .exit(0)
    case .exitsWithThree: .exit(3)
    case .returnsToExit: .exit(7)
    case .terminated: .signal(SIGTERM, name: "SIGTERM")
    case .floatingPoint: .signal(SIGFPE, name: "SIGFPE")
    }
  }
}

/// Ends this process in that way.
func die(_ way: Death) {
  let nothing = Array(CommandLine.arguments.dropFirst(1000))
  switch way {
  case .killedByItself: kill(getpid(), SIGKILL)
  case .killedByAnother: _ = system("kill -9 $PPID")
  case .outOfRange: blackHole(nothing[way.rawValue].count)
  case .noValue: blackHole(nothing.first.unsafeCount)
  case .overflow: blackHole(Int.max - way.rawValue + CommandLine.arguments.count * 1000)
  case .fatalError: Swift.fatalError("the ladder broke at rung \(way.rawValue)")
  case .badAddress: UnsafeMutablePointer<Int>(bitPattern: 64 + nothing.count)?.pointee = 1
  case .beyondFile: touchBeyondFile()
  case .abort: Glibc.abort()
  case .exitsWithZero: _exit(0)
  case .exitsWithThree: _exit(3)
  case .returnsToExit: exit(7)
  case .terminated: kill(getpid(), SIGTERM)
  case .floatingPoint: raise(SIGFPE)
  }
  // Whoever was killed by another waits for it here.
  while true { pause() }
}

extension String? {
  // swift-format-ignore: NeverForceUnwrap
  fileprivate var unsafeCount: Int { self!.count }
}

@inline(never)
private func blackHole(_ value: Int) {
  if value == getpid() + 1 { print(value) }
}

private func touchBeyondFile() {
  var path = Array("/tmp/gantry-short-XXXXXX".utf8CString)
  let fd = mkstemp(&path)
  unlink(path)
  let page = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
  page?.storeBytes(of: 1, as: UInt8.self)
}

/// Squares below 1000; from there on the thousands name a death.
private func squareOrDie(_ x: Int) -> Int {
  if x >= 1000, let way = Death(rawValue: x / 1000 - 1) { die(way) }
  return x * x
}

private let strict = Function("strict", options: .init(crashRetries: .none)) { (x: Int) in squareOrDie(x) }
private let patient = Function(
  "patient", options: .init(crashRetries: .init(maxRetries: 2, initialDelay: .milliseconds(5)))
) { (x: Int) in squareOrDie(x) }
private let framed = Function("framed", options: .init(crashRetries: .none)) { (text: String) -> String in
  if let number = Int(text), number >= 1000 { _ = squareOrDie(number) }
  return text + text
}
private let pair = Function("pair", options: .init(maxContainers: 2, crashRetries: .none)) { (x: Int) in
  if x < 0 { die(.killedByItself) }
  return x * x
}

/// Dies `deaths` times, then gives its square; the directory keeps count over containers.
private let recovering = Function(
  "recovering", options: .init(crashRetries: .init(maxRetries: 3, initialDelay: .milliseconds(2)))
) { (scratch: String, x: Int, deaths: Int) in
  for attempt in 0..<deaths where createFile("\(scratch)/\(x).\(attempt)") { die(.killedByItself) }
  return x * x
}

/// Counts how often each input ran.
private let tallied = Function("tallied", options: .init(maxContainers: 2, crashRetries: .none)) {
  (scratch: String, x: Int, way: Int) in
  var attempt = 0
  while !createFile("\(scratch)/\(x).\(attempt)") { attempt += 1 }
  if way >= 0, let way = Death(rawValue: way) { die(way) }
  return x * x
}

/// Coded by hand: a type of plain numbers would be copied as memory.
struct Explosive: Payload {
  var number: Int
  var isLoaded: Bool
  var label = "explosive"

  init(_ number: Int, loaded: Bool = false) {
    self.number = number
    isLoaded = loaded
  }

  init(from decoder: inout PayloadDecoder) throws {
    number = try decoder.decode()
    isLoaded = false
    if number == 13 { die(.overflow) }
  }

  func encode(into encoder: inout PayloadEncoder) {
    if isLoaded && number == 13 { die(.fatalError) }
    encoder.encode(number)
  }
}

private let opening = Function("opening", options: .init(crashRetries: .none)) { (x: Explosive) in x.number }
private let closing = Function("closing", options: .init(crashRetries: .none)) { (x: Int) in
  Explosive(x, loaded: true)
}

/// No thread of it can have a stack.
private let cramped = Function("cramped", options: .init(memoryLimit: 4096)) { (x: Int) async in x }
private let slow = Function("slow", options: .init(maxContainers: 2, crashRetries: .none)) { (milliseconds: Int) in
  pauseThread(milliseconds)
  return Int(getpid())
}

private let packedTight = Function(
  "packedTight",
  options: .init(
    maxContainers: 2, crashRetries: .init(maxRetries: 1, initialDelay: .milliseconds(1)), chunking: .fixed(30),
    compression: .lz4)
) { (text: String) -> Int in
  if text.hasSuffix("bad") { die(.killedByItself) }
  return text.utf8.count
}
private let packedNumbers = Function(
  "packedNumbers",
  options: .init(
    maxContainers: 2, crashRetries: .init(maxRetries: 1, initialDelay: .milliseconds(1)), chunking: .fixed(600),
    compression: .lz4)
) { (x: Int) -> Int in
  if x % 1000 == 999 { die(.killedByItself) }
  return x + 1
}
private let voiceless = Function("voiceless", options: .init(maxContainers: 2, crashRetries: .none)) { (x: Int) in
  if x % 10 == 9 { die(.killedByItself) }
}
private let wordy = Function("wordy", options: .init(crashRetries: .none)) { (lines: Int) in
  let line = Array((String(repeating: "w", count: 99) + "\n").utf8)
  for _ in 0..<lines { _ = write(2, line, line.count) }
  fatalError("after \(lines) lines")
}
private let belated = Function(
  "belated", options: .init(crashRetries: .init(maxRetries: 5, initialDelay: .seconds(3600), maxDelay: .seconds(3600)))
) { (x: Int) in
  if x < 0 { die(.killedByItself) }
  return x
}
private let crampedMinimum = Function("crampedMinimum", options: .init(minContainers: 2, memoryLimit: 4096)) {
  (x: Int) async in x
}

/// The failure of a crash, or the end of the scenario.
func expectCrash<T>(
  _ result: Result<T, InputError>, _ status: ContainerExit.Status, attempts: Int, index: Int, line: Int = #line
) -> ContainerExit? {
  guard case .failure(let error) = result, case .crashed(let exit) = error.reason else {
    fail("line \(line): input \(index) is \(result) instead of a crash")
  }
  expectEqual(exit.status, status, "the status of input \(index)", line: line)
  expectEqual(error.attempts, attempts, "the attempts of input \(index)", line: line)
  expectEqual(error.index, index, "the index", line: line)
  expect(exit.pid > 0, "a container has a pid", line: line)
  return exit
}

/// Runs `count` squares with a death at one of them, and expects everything else to arrive.
private func expectOneLoss(
  _ function: Function<Int, Int>, _ way: Death, at place: Int, of count: Int, attempts: Int
) async throws {
  var inputs = Array(0..<count)
  inputs[place] = (way.rawValue + 1) * 1000
  let results = try await function.map(inputs).results.collect()
  expectEqual(results.count, count, "the results beside \(way)")
  for (index, result) in results.enumerated() {
    if index == place {
      _ = expectCrash(result, way.status, attempts: attempts, index: index)
    } else {
      guard case .success(index * index) = result else { fail("input \(index) beside \(way) is \(result)") }
    }
  }
}

let crashScenarios = ScenarioGroup(
  name: "crash",
  scenarios: [
    Scenario(name: "whatever way a container ends, the input that ran is reported and no other", functions: [strict]) {
      _ in
      for way in Death.allCases { try await expectOneLoss(strict, way, at: 37, of: 100, attempts: 1) }
    },
    Scenario(name: "a crashing input is tried as often as its budget says", functions: [patient]) { _ in
      for way in Death.allCases { try await expectOneLoss(patient, way, at: 3, of: 60, attempts: 3) }
    },
    Scenario(name: "the first and the last input of a map may crash", functions: [strict]) { _ in
      for count in [1, 2, 49, 50, 200] {
        try await expectOneLoss(strict, .killedByItself, at: 0, of: count, attempts: 1)
        try await expectOneLoss(strict, .badAddress, at: count - 1, of: count, attempts: 1)
      }
    },
    Scenario(name: "inputs of variable length crash alone too", functions: [framed]) { _ in
      for way in Death.allCases {
        var inputs = (0..<120).map { "\($0)" }
        inputs[60] = "\((way.rawValue + 1) * 1000)"
        let results = try await framed.map(inputs).results.collect()
        expectEqual(results.count, 120)
        for (index, result) in results.enumerated() {
          if index == 60 {
            _ = expectCrash(result, way.status, attempts: 1, index: index)
          } else {
            guard case .success(let text) = result, text == "\(index)\(index)" else { fail("\(index): \(result)") }
          }
        }
      }
    },
    Scenario(name: "the text of a fatal error reaches the caller", functions: [strict]) { _ in
      let results = try await strict.map([1, (Death.fatalError.rawValue + 1) * 1000, 3]).results.collect()
      let exit = expectCrash(results[1], Death.fatalError.status, attempts: 1, index: 1)
      let tail = exit?.stderrTail ?? ""
      expect(tail.contains("the ladder broke at rung"), "the tail is \(tail)")
    },
    Scenario(name: "in the plain view the outputs before a crash come first, then its error", functions: [strict]) {
      _ in
      var seen: [Int] = []
      do {
        for try await output in strict.map([1, 2, 3, 1000, 5]) { seen.append(output) }
        fail("nothing was thrown")
      } catch let error as InputError {
        expectEqual(error.index, 3)
        expectEqual(error.function, "strict")
      }
      expectEqual(seen, [1, 4, 9])
    },
    Scenario(name: "collect, forEach and remote throw the crash, and the next call works", functions: [strict]) { _ in
      for round in 0..<5 {
        do {
          _ = try await strict.map([1, 2, 1000, 4]).collect()
          fail("collect threw nothing")
        } catch let error as InputError { expectEqual(error.index, 2) }
        do {
          try await strict.forEach([1, 1000, 4])
          fail("forEach threw nothing")
        } catch let error as InputError { expectEqual(error.index, 1) }
        do {
          _ = try await strict.remote(1000)
          fail("remote threw nothing")
        } catch let error as InputError { expectEqual(error.index, 0) }
        expectEqual(try await strict.remote(round), round * round)
        expectEqual(try await strict.map(0..<10).collect(), (0..<10).map { $0 * $0 })
      }
    },
    Scenario(name: "forEach that ignores exceptions ignores crashes", functions: [strict]) { _ in
      try await strict.forEach([1, 1000, 4, 2000], ignoreExceptions: true)
    },
    Scenario(name: "an input that crashes once or twice and then succeeds is delivered", functions: [recovering]) { _ in
      let scratch = makeScratch()
      let inputs = (0..<80).map { (scratch, $0, $0 % 20 == 7 ? 1 : $0 % 20 == 13 ? 2 : 0) }
      let outputs = try await recovering.starmap(inputs).collect()
      removeScratch(scratch)
      expectEqual(outputs, (0..<80).map { $0 * $0 })
    },
    Scenario(name: "after a trap or a kill no finished input runs again", functions: [tallied]) { _ in
      for way in [Death.killedByItself, .outOfRange, .exitsWithZero, .terminated] {
        let scratch = makeScratch()
        let inputs = (0..<100).map { (scratch, $0, $0 == 41 ? way.rawValue : -1) }
        let results = try await tallied.starmap(inputs).results.collect()
        for (index, result) in results.enumerated() where index != 41 {
          guard case .success(index * index) = result else { fail("input \(index) beside \(way) is \(result)") }
        }
        for index in 0..<100 {
          expect(fileExists("\(scratch)/\(index).0"), "input \(index) beside \(way) ran")
          expect(!fileExists("\(scratch)/\(index).1"), "input \(index) beside \(way) ran once")
        }
        removeScratch(scratch)
      }
    },
    Scenario(name: "a crash in an input's decoder costs that input", functions: [opening]) { _ in
      let results = try await opening.map((0..<50).map { Explosive($0) }).results.collect()
      for (index, result) in results.enumerated() where index != 13 {
        guard case .success(index) = result else { fail("\(index): \(result)") }
      }
      _ = expectCrash(results[13], Death.overflow.status, attempts: 1, index: 13)
    },
    Scenario(name: "a crash in an output's encoder costs that input", functions: [closing]) { _ in
      // Its decoder would end the driver: no output 13 must ever be decoded there.
      let results = try await closing.map(0..<50).results.collect()
      for (index, result) in results.enumerated() where index != 13 {
        guard case .success(let value) = result, value.number == index else { fail("\(index): \(result)") }
      }
      _ = expectCrash(results[13], Death.fatalError.status, attempts: 1, index: 13)
    },
    Scenario(name: "a container killed from outside while it runs costs one input", functions: [slow]) { driver in
      async let results = slow.map(Array(repeating: 20, count: 60)).results.collect()
      var victim: Int32 = 0
      await eventually("a container is busy") {
        victim = driver.statistics.functions[0].containers.first { $0.state == .busy && $0.outputs > 0 }?.pid ?? 0
        return victim > 0
      }
      kill(victim, SIGKILL)
      let failures = try await results.enumerated().filter { _, result in
        if case .failure = result { return true } else { return false }
      }
      expect(failures.count <= 1, "\(failures.count) inputs failed for one kill")
      for (index, result) in failures {
        let exit = expectCrash(result, .signal(SIGKILL, name: "SIGKILL"), attempts: 1, index: index)
        expectEqual(exit?.pid, victim, "the container that was killed")
      }
    },
    Scenario(name: "an idle container killed from outside is replaced by the next call", functions: [slow]) { driver in
      for _ in 0..<10 {
        let pid = try await slow.remote(0)
        kill(Int32(pid), SIGKILL)
        expect(try await slow.remote(0) != pid, "another container answers")
      }
      for _ in 0..<5 {
        _ = try await slow.map([5, 5, 5, 5]).collect()
        for container in driver.statistics.functions[0].containers { kill(container.pid, SIGKILL) }
        await eventually("all are gone") { driver.statistics.functions[0].containers.isEmpty }
      }
      expectEqual(try await slow.map([0, 0, 0]).collect().count, 3)
    },
    Scenario(name: "one crash in a hundred of 20,000 inputs loses nothing else", functions: [pair]) { driver in
      let inputs = (0..<20_000).map { $0 % 100 == 50 ? -1 : $0 }
      let results = try await pair.map(inputs).results.collect()
      expectEqual(results.count, 20_000)
      for (index, result) in results.enumerated() {
        if index % 100 == 50 {
          _ = expectCrash(result, .signal(SIGKILL, name: "SIGKILL"), attempts: 1, index: index)
        } else {
          guard case .success(index * index) = result else { fail("input \(index) is \(result)") }
        }
      }
      expectEqual(driver.statistics.functions[0].failed, 200)
      expectEqual(driver.statistics.functions[0].completed, 19_800)
    },
    Scenario(name: "a map whose every input crashes reports every one of them", functions: [pair, patient]) { _ in
      let results = try await pair.map(Array(repeating: -1, count: 150)).results.collect()
      expectEqual(results.count, 150)
      for (index, result) in results.enumerated() {
        _ = expectCrash(result, .signal(SIGKILL, name: "SIGKILL"), attempts: 1, index: index)
      }
      let again = try await patient.map(Array(repeating: 3000, count: 10)).results.collect()
      for (index, result) in again.enumerated() {
        _ = expectCrash(result, Death.outOfRange.status, attempts: 3, index: index)
      }
    },
    Scenario(name: "a poisonous input delays no other while it is tried again", functions: [recovering]) { _ in
      let scratch = makeScratch()
      let inputs = (0..<60).map { (scratch, $0, $0 == 5 ? 3 : 0) }
      var order: [Int] = []
      for try await (index, output) in recovering.starmap(inputs, orderOutputs: false).indexed {
        expectEqual(output, index * index)
        order.append(index)
      }
      removeScratch(scratch)
      expectEqual(order.sorted(), Array(0..<60))
    },
    Scenario(name: "containers that cannot start end their calls with the reason", functions: [cramped, square]) { _ in
      do {
        _ = try await cramped.map(0..<10).collect()
        fail("nothing was thrown")
      } catch let error as GantryError {
        expectEqual(error.code, .containerStartFailed)
      }
      do {
        _ = try await cramped.remote(1)
        fail("nothing was thrown")
      } catch let error as GantryError {
        expectEqual(error.code, .containerStartFailed)
      }
      expectEqual(try await square.remote(7), 49)
    },
    Scenario(name: "crashes of one map leave another map of the function alone", functions: [pair]) { _ in
      async let crashing = pair.map(Array(repeating: -1, count: 40)).results.collect()
      async let sound = pair.map(0..<5000).collect()
      expectEqual(try await sound, (0..<5000).map { $0 * $0 })
      expectEqual(try await crashing.count, 40)
    },
    Scenario(name: "inputs of compressed chunks crash alone too", functions: [packedTight, packedNumbers]) { _ in
      let inputs = (0..<200).map { String(repeating: "compressible ", count: 40) + ($0 % 40 == 20 ? "bad" : "\($0)") }
      for (index, result) in try await packedTight.map(inputs).results.collect().enumerated() {
        if index % 40 == 20 {
          _ = expectCrash(result, .signal(SIGKILL, name: "SIGKILL"), attempts: 2, index: index)
        } else {
          guard case .success(inputs[index].utf8.count) = result else { fail("\(index): \(result)") }
        }
      }
      for (index, result) in try await packedNumbers.map(0..<3000).results.collect().enumerated() {
        if index % 1000 == 999 {
          _ = expectCrash(result, .signal(SIGKILL, name: "SIGKILL"), attempts: 2, index: index)
        } else {
          guard case .success(index + 1) = result else { fail("\(index): \(result)") }
        }
      }
    },
    Scenario(name: "inputs without outputs crash alone too", functions: [voiceless]) { _ in
      let results = try await voiceless.map(0..<100).results.collect()
      expectEqual(results.count, 100)
      for (index, result) in results.enumerated() {
        if case .success = result { expect(index % 10 != 9, "input \(index) crashed") } else { expect(index % 10 == 9, "\(index)") }
      }
    },
    Scenario(name: "any number of crashes passes through a narrow window", functions: [strict, pair, voiceless]) { _ in
      let inputs = (0..<300).map { $0 % 3 == 1 ? 1000 : $0 }
      var count = 0
      for try await result in strict.map(inputs, maxOutstandingInputs: 4).results {
        if case .failure = result { expect(count % 3 == 1, "\(count)") }
        count += 1
      }
      expectEqual(count, 300)
      try await pair.forEach(Array(repeating: -1, count: 900), ignoreExceptions: true)
      try await voiceless.forEach(Array(repeating: 9, count: 900), ignoreExceptions: true)
    },
    Scenario(name: "an error text of any length is read, and its end is kept", functions: [wordy]) { _ in
      for lines in [0, 10, 1000, 30_000] {
        let results = try await wordy.map([lines]).results.collect()
        guard let exit = expectCrash(results[0], Death.fatalError.status, attempts: 1, index: 0) else { return }
        expect(exit.stderrTail.utf8.count <= 4096, "\(exit.stderrTail.utf8.count) bytes")
        expect(exit.stderrTail.contains("after \(lines) lines"), exit.stderrTail)
      }
    },
    Scenario(name: "an input that waits for another try holds up neither a cancellation nor others", functions: [belated]) {
      driver in
      let call = Task { try await belated.map([1, -1, 2]).collect() }
      await eventually("it waits for its second try") { driver.statistics.functions[0].retried == 1 }
      expectEqual(try await belated.map(0..<100).collect(), Array(0..<100))
      call.cancel()
      do {
        _ = try await call.value
        fail("nothing was thrown")
      } catch is CancellationError {}
      expectEqual(try await belated.remote(5), 5)
    },
    Scenario(name: "containers kept ready that cannot start are not started for ever", functions: [crampedMinimum]) {
      driver in
      do {
        _ = try await crampedMinimum.remote(1)
        fail("nothing was thrown")
      } catch let error as GantryError { expectEqual(error.code, .containerStartFailed) }
      let before = driver.statistics.functions[0].containersStarted
      try await Task.sleep(nanoseconds: 1_000_000_000)
      let after = driver.statistics.functions[0].containersStarted
      expect(after - before <= 100, "\(after - before) containers were started in a second")
    },
  ])
