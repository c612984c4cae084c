// Promises about crashes that any pool is asked to keep: the one input that ran is told how its container ended, and
// nobody else notices; also where a container cannot begin or ends after its work.
// swift-format-ignore-file: OnlyOneTrailingClosureArgument

import Gantry
import Glibc

private let ending = Function("ending", options: .init(maxContainers: 3, crashRetries: .none)) {
  (way: Int) -> Int in
  switch way {
  case 1: exit(1)
  case 42: _exit(42)
  case 99: exit(99)
  case -1: _exit(0)
  case -2: die(.badAddress)
  case -3: abort()
  case -4: raise(SIGTERM)
  default: break
  }
  return way
}
/// Its fiftieth input waits to be ended, as often as the board says.
private func waitToBeEnded(_ x: Int) -> Int {
  if x == 50, Board.add(2) <= Board.value(1) {
    Board.set(0, Int(getpid()))
    while true { nap(1000) }
  }
  return x * x
}
private let target = Function("target", options: .init(maxContainers: 3, crashRetries: .none)) { (x: Int) in
  waitToBeEnded(x)
}
private let targetAgain = Function("targetAgain", options: .init(maxContainers: 3)) { (x: Int) in
  waitToBeEnded(x)
}
private let targetAsync = Function("targetAsync", options: .init(maxContainers: 2, crashRetries: .none)) {
  (x: Int) async in waitToBeEnded(x)
}
private let dyingLater = Function("dyingLater", options: .init(maxContainers: 1, crashRetries: .none)) {
  (way: Int) -> Int in
  var thread = pthread_t()
  // It ends the process when the output has long been given.
  pthread_create(
    &thread, nil,
    { argument in
      nap(30)
      die(Death(rawValue: Int(bitPattern: argument) - 1) ?? .abort)
      return nil
    }, UnsafeMutableRawPointer(bitPattern: way + 1))
  return Int(getpid())
}
private let crashingExit = Function(
  "crashingExit", options: .init(maxContainers: 2, crashRetries: .none, maxInputsPerContainer: 1),
  enter: { 3 }, exit: { (_: Int) in die(.fatalError) }
) { (factor: Int, x: Int) in factor * x }
private let refusing = Function(
  "refusing", options: .init(maxContainers: 2),
  enter: { () -> Int in
    Board.add(5)
    throw PlainError("the model file is missing")
  }
) { (state: Int, x: Int) in state + x }
private let crashingEnter = Function(
  "crashingEnter", options: .init(maxContainers: 2), enter: { () -> Int in _exit(17) }
) { (state: Int, x: Int) in state + x }
private let hangingEnter = Function(
  "hangingEnter", options: .init(maxContainers: 1, startupTimeout: .milliseconds(150)),
  enter: { () -> Int in
    while true { nap(1000) }
  }
) { (state: Int, x: Int) in state + x }
private let square = Function("square") { (x: Int) in x * x }
private let unlucky = Function(
  "unlucky",
  options: .init(
    maxContainers: 2, retries: .init(maxRetries: 3), crashRetries: .init(maxRetries: 9, initialDelay: .zero))
) { (slot: Int) -> Int in
  let start = Board.add(slot)
  if start < 10 { die(.killedByItself) }
  return start
}
private let usual = Function("usual", options: .init(maxContainers: 2, retries: .init(maxRetries: 7))) {
  (slot: Int) -> Int in
  Board.add(slot)
  die(.killedByItself)
  return 0
}
private let chunkOf49 = Function(
  "chunkOf49", options: .init(maxContainers: 1, crashRetries: .none, chunking: .fixed(49))
) { (x: Int) in
  Board.add(100 + x)
  if x == 7 { die(.outOfRange) }
  return x
}

/// Ends the container that runs input 50, and gives the results of a hundred inputs.
private func results(
  of function: Function<Int, Int>, ended signal: Int32, times: Int = 1
) async throws -> [Result<Int, InputError>] {
  Board.set(0, 0)
  Board.set(1, times)
  Board.set(2, 0)
  let map = Task { try await function.map(0..<100).results.collect() }
  await eventually("input 50 runs") { Board.value(0) != 0 }
  kill(Int32(Board.value(0)), signal)
  return try await map.value
}

let conformanceCrashesScenarios = ScenarioGroup(
  name: "conformance-crashes",
  scenarios: [
    Scenario(
      name: "every way to end a process in a body is an error that names its code or its signal",
      functions: [ending]
    ) { _ in
      let ways: [(Int, ContainerExit.Status, String)] = [
        (1, .exit(1), "code 1"), (42, .exit(42), "code 42"), (99, .exit(99), "code 99"),
        (-1, .exit(0), "code 0"), (-2, .signal(SIGSEGV, name: "SIGSEGV"), "SIGSEGV"),
        (-3, .signal(SIGABRT, name: "SIGABRT"), "SIGABRT"),
        (-4, .signal(SIGTERM, name: "SIGTERM"), "SIGTERM"),
      ]
      for (way, status, words) in ways {
        let results = try await ending.map([2, way, 3]).results.collect()
        expectEqual([try? results[0].get(), try? results[2].get()], [2, 3], "beside \(words)")
        _ = expectCrash(results[1], status, attempts: 1, index: 1)
        let single = require(await thrown { _ = try await ending.remote(way) }, InputError.self)
        expect("\(single)".contains(words), "\(single)")
        let spawned = require(await thrown { _ = try await ending.spawn(way).get() }, InputError.self)
        expect("\(spawned)".contains(words), "\(spawned)")
      }
      expectEqual(try await ending.map(200..<300).collect(), Array(200..<300))
    },
    Scenario(
      name: "a container ended from outside while it runs an input costs that input, and 99 of 100 arrive",
      functions: [target, targetAsync]
    ) { _ in
      for function in [target, targetAsync] {
        for (signal, name) in [
          (SIGKILL, "SIGKILL"), (SIGTERM, "SIGTERM"), (SIGSEGV, "SIGSEGV"), (SIGHUP, "SIGHUP"),
        ] {
          let results = try await results(of: function, ended: signal)
          expectEqual(results.count, 100)
          for (index, result) in results.enumerated() {
            if index == 50 {
              let exit = expectCrash(result, .signal(signal, name: name), attempts: 1, index: 50)
              expectEqual(exit.map { Int($0.pid) }, Board.value(0))
            } else {
              expectEqual(try? result.get(), index * index, "input \(index) beside \(name)")
            }
          }
        }
      }
    },
    Scenario(
      name: "by itself an input whose container was ended from outside is tried again, twice",
      functions: [targetAgain]
    ) { _ in
      for signal in [SIGKILL, SIGTERM] {
        let results = try await results(of: targetAgain, ended: signal)
        expectEqual(try results.map { try $0.get() }, (0..<100).map { $0 * $0 })
      }
    },
    Scenario(
      name: "an output is kept when its container dies after it, and the next call has another container",
      functions: [dyingLater]
    ) { _ in
      for way in [Death.killedByItself, .exitsWithZero, .exitsWithThree, .abort, .badAddress] {
        let first = try await dyingLater.remote(way.rawValue)
        await eventually("\(first) died") { !isAlive(Int32(first)) }
        let second = try await dyingLater.map([way.rawValue]).collect()
        expect(second != [first], "\(second)")
        await eventually("\(second) died") { !isAlive(Int32(second[0])) }
      }
    },
    Scenario(name: "a container that crashes as it leaves costs nothing", functions: [crashingExit]) {
      driver in
      expectEqual(try await crashingExit.map(0..<20).collect(), (0..<20).map { 3 * $0 })
      expectEqual(try await crashingExit.remote(5), 15)
      await eventually("all of them left") { driver.statistics.functions[0].containersDied >= 20 }
    },
    Scenario(
      name: "each of three pending calls that crash gets an error of its own", functions: [ending]
    ) { _ in
      let calls = [try await ending.spawn(42), try await ending.spawn(-2), try await ending.spawn(99)]
      var pids: Set<Int32> = []
      for (call, status) in zip(
        calls, [.exit(42), .signal(SIGSEGV, name: "SIGSEGV"), .exit(99)] as [ContainerExit.Status])
      {
        let error = require(await thrown { _ = try await call.get() }, InputError.self)
        let exit = expectCrash(Result<Int, InputError>.failure(error), status, attempts: 1, index: 0)
        pids.insert(exit?.pid ?? 0)
        try await call.wait()
      }
      expectEqual(pids.count, 3, "containers")
    },
    Scenario(
      name: "a state that cannot be entered ends the calls with its reason, and other functions work on",
      functions: [refusing, crashingEnter, hangingEnter, square]
    ) { _ in
      for (function, words) in [
        (refusing, "the model file is missing"), (crashingEnter, "17"), (hangingEnter, "startupTimeout"),
      ] {
        for error in [
          await thrown { _ = try await function.map(0..<10).collect() },
          await thrown { _ = try await function.remote(1) },
          await thrown { try await function.spawnMap(0..<3).wait() },
        ] {
          let error = require(error, GantryError.self)
          expectEqual(error.code, .containerStartFailed)
          expect("\(error)".contains(words), "\(error)")
        }
        expectEqual(try await square.remote(4), 16)
      }
    },
    Scenario(
      name: "a program whose states cannot be entered ends by itself, and leaves nothing behind",
      functions: []
    ) { _ in
      let victim = Victim("enters in vain")
      expectEqual(readAll(victim.output), "containerStartFailed\n")
      _ = readAll(victim.errors)
      expectEqual(victim.reap(), 0, "its status")
      await eventually("nothing of it is left") { victim.survivors.isEmpty }
      victim.closePipes()
    },
    Scenario(
      name: "an input whose containers are lost is tried again by a budget of its own, and no further",
      functions: [unlucky, usual]
    ) { driver in
      let outcomes = try await unlucky.map([20]).outcomes.collect()
      expectEqual(try outcomes[0].result.get(), 10)
      expectEqual(outcomes[0].attempts, 10)
      let error = require(await thrown { _ = try await usual.remote(21) }, InputError.self)
      guard case .crashed = error.reason else { fail("\(error)") }
      expectEqual(error.attempts, 3)
      expectEqual(Board.value(21), 3, "starts")
      expectEqual(driver.statistics.functions.map(\.retried), [9, 2])
    },
    Scenario(
      name: "of a chunk of 49 whose eighth input crashes, 48 arrive and none runs twice",
      functions: [chunkOf49]
    ) { _ in
      let results = try await chunkOf49.map(0..<49).results.collect()
      expectEqual(results.count, 49)
      for (index, result) in results.enumerated() where index != 7 { expectEqual(try? result.get(), index) }
      _ = expectCrash(results[7], Death.outOfRange.status, attempts: 1, index: 7)
      expectEqual((0..<49).map { Board.value(100 + $0) }, Array(repeating: 1, count: 49), "starts")
    },
  ])
