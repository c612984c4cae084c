// Every way a driver can start: by fork, by starting this program again, by starting another; and what is refused.
// The scenarios' own driver is made by main; those of processes with threads are made in tasks, beside it.

import CGantryRing
import Dispatch
import Gantry
import Glibc

private let square = Function("square") { (x: Int) in x * x }
private let other = Function("other") { (x: Int) in x - 1 }
private let napping = Function("napping") { (x: Int) async throws -> Int in
  try await Task.sleep(nanoseconds: 300_000)
  return x + 1
}
private let onMain = Function("onMain") { (x: Int) async -> Int in await MainActor.run { x + 2 } }
private let mortal = Function("mortal", options: .init(crashRetries: .init(maxRetries: 0))) { (x: Int) in
  if x < 0 { die(Death(rawValue: -x) ?? .killedByItself) }
  return x
}
private let mortalAsync = Function("mortalAsync", options: .init(crashRetries: .init(maxRetries: 0))) {
  (x: Int) async -> Int in
  await Task.yield()
  if x < 0 { die(Death(rawValue: -x) ?? .killedByItself) }
  return x
}
private let arguments = Function("arguments") { (_: Int) in CommandLine.arguments }
private let variables = Function("variables") { (_: Int) in
  var names: [String] = []
  var next = environ
  while let variable = next.pointee {
    names.append(String(cString: variable))
    next += 1
  }
  return names.sorted()
}
private let descriptors = Function("descriptors") { (_: Int) in
  numbers(in: "/proc/thread-self/fd").map(Int.init)
}
private let inherited = Function("inherited") { (scratch: String) in
  _ = system("ls /proc/self/fd > \(scratch)/list")
  return readFile("\(scratch)/list") ?? ""
}
private let reached = Function("reached") { (_: Int) in
  gantry_membarrier_reaches_us() && !gantry_had_threads() || gantry_membarrier_all() != 0
}
private let limits = Function("limits", options: .init(memoryLimit: 400 << 20)) { (x: Int) in
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(x), &limit)
  return Int(limit.rlim_cur)
}
private let recursive = Function("recursive") { (x: Int) async -> String in
  do {
    return "\(try await square.remote(x))"
  } catch {
    return "\((error as? GantryError)?.code.description ?? "another error")"
  }
}
private let driving = Function("driving") { (x: Int) in
  do {
    _ = try Driver(other)
    return "made"
  } catch {
    return "\((error as? GantryError)?.code.description ?? "another error")"
  }
}
private let steady = Function("steady") { (x: Int) in
  pauseThread(1)
  return x * 3
}
private let hurried = Function(
  "hurried", options: .init(maxContainers: 1, startupTimeout: .milliseconds(150))
) {
  (x: Int) in
  pauseThread(1)
  return x * 3
}
private let talking = Function("talking") { (x: Int) in
  var text = "word \(x)\n"
  text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
  print("line \(x)")
  return x
}
private let crowd = Function("crowd", options: .init(maxContainers: 2, inputConcurrency: 20)) {
  (x: Int) async throws -> String in
  Board.enter(0)
  try await Task.sleep(nanoseconds: 3_000_000)
  Board.leave(0)
  if x % 10 > 0 { return "\(x)" }
  do {
    return try await "\(square.remote(x))"
  } catch {
    return "\((error as? GantryError)?.code.description ?? "another error")"
  }
}
private let misnamed = Function("misnamed") { (x: Int) in x }
private let mistyped = Function("plain") { (x: Double) in x }
/// The functions of AsyncMainProgram, with other bodies: what they return shows whose ran.
private let foreign = (
  sleeping: Function("sleeping") { (x: Int) async throws -> Int in -1 },
  onMain: Function("onMain") { (x: Int) async -> Int in -1 },
  queued: Function("queued") { (x: Int) async -> Int in -1 },
  grouped: Function("grouped") { (x: Int) async -> Int in -1 },
  plain: Function("plain") { (x: Int) in -1 }
)

private let again = Configuration(start: .reexec)

private func startFault(_ configuration: Configuration, _ functions: [any RegisteredFunction]) -> String {
  do {
    _ = try Driver(functions, configuration: configuration)
  } catch {
    let error = require(error, GantryError.self)
    expectEqual(error.code, .zygoteStartFailed)
    return error.message
  }
  fail("the driver started")
}

/// A program that other scenarios found beside this one.
private func path(of name: String) -> String {
  guard let path = sibling(name) else { fail("\(name) lies not beside this program") }
  return path
}

/// Runs a program to its end, and gives what it printed.
private func lines(
  of name: String, _ arguments: [String] = [],
  _ check: (String) -> Void = { expectEqual($0, "", "its errors") }
) async -> [String] {
  let run = Victim(name, program: path(of: name), arguments: [name] + arguments)
  let lines = readAll(run.output).split(separator: "\n").map(String.init)
  check(readAll(run.errors))
  expectEqual(run.reap(), 0, "its status")
  await eventually("nothing of it is left") { run.survivors.isEmpty }
  run.closePipes()
  return lines
}

/// What every driver can do, however it was started.
private func checkAll() async throws {
  let inputs = Array(0..<200)
  async let squares = square.map(inputs).collect()
  async let naps = napping.map(inputs).collect()
  async let hops = onMain.map(inputs).collect()
  expectEqual(try await squares, inputs.map { $0 * $0 }, "squares")
  expectEqual(try await naps, inputs.map { $0 + 1 }, "naps")
  expectEqual(try await hops, inputs.map { $0 + 2 }, "hops")
}

private func checkDeaths<C: Collection<Death>>(_ ways: C) async throws {
  for way in ways where way.rawValue > 0 {
    for function in [mortal, mortalAsync] {
      let results = try await function.map([1, 2, -way.rawValue, 3]).results.collect()
      for (place, result) in results.enumerated() {
        switch result {
        case .success(let output): expectEqual(output, [1, 2, 0, 3][place])
        case .failure(let error):
          expectEqual(error.index, 2)
          guard case .crashed(let exit) = error.reason else { fail("\(error)") }
          expectEqual(exit.status, way.status, "\(way)")
        }
      }
      expectEqual(results.count { (try? $0.get()) == nil }, 1, "failures of \(way)")
    }
  }
}

let startScenarios = ScenarioGroup(
  name: "starts",
  scenarios: [
    Scenario(
      name: "a program with one thread starts again", functions: [square, napping, onMain],
      configuration: again
    ) { _ in try await checkAll() },
    Scenario(name: "a driver made in a task starts again, beside one that forked", functions: [other]) { _ in
      let driver = try Driver(square, napping, onMain)
      try await checkAll()
      expectEqual(try await other.map(0..<100).collect(), (0..<100).map { $0 - 1 })
      await driver.shutdown()
      expectEqual(try await other.remote(5), 4, "the first one goes on")
    },
    Scenario(name: "a driver made on the main actor starts again", functions: [other]) { _ in
      let driver = try await MainActor.run { try Driver(square, napping) }
      expectEqual(try await square.map(0..<100).collect(), (0..<100).map { $0 * $0 })
      expectEqual(try await napping.map(0..<100).collect(), (0..<100).map { $0 + 1 })
      await driver.shutdown()
    },
    Scenario(name: "the third of equal drivers is the third in its containers, too", functions: []) { _ in
      // Each is made on the way to the next, where it can be neither forked nor started again.
      var drivers: [Driver] = []
      for factor in 1...3 {
        let scaled = Function("scaled") { (x: Int) in x * factor }
        drivers.append(try Driver(scaled))
        // In a program that was started for a later one, this one has no containers.
        if let outputs = try? await scaled.map([1, 2, 3]).collect() {
          expectEqual(outputs, [factor, factor * 2, factor * 3])
        }
      }
      for driver in drivers { await driver.shutdown() }
    },
    Scenario(
      name: "crashes are told in forked containers of a second program", functions: [mortal, mortalAsync],
      configuration: again
    ) { _ in try await checkDeaths(Death.allCases) },
    Scenario(name: "crashes are told in containers that run the program", functions: [other]) { _ in
      let driver = try Driver(mortal, mortalAsync)
      try await checkDeaths([.outOfRange, .fatalError, .badAddress, .abort, .exitsWithThree])
      await driver.shutdown()
    },
    Scenario(name: "containers have the program's arguments and environment", functions: [other]) { _ in
      setenv("GANTRY_TEST_LATE", "set by the scenario", 1)
      let driver = try Driver(arguments, variables)
      expectEqual(try await arguments.remote(0), CommandLine.arguments)
      var next = environ
      var names: [String] = []
      while let variable = next.pointee {
        names.append(String(cString: variable))
        next += 1
      }
      expectEqual(try await variables.remote(0), names.sorted(), "the environment, nothing added")
      await driver.shutdown()
    },
    Scenario(name: "nothing that a container starts inherits its role", functions: [other]) { _ in
      let scratch = makeScratch()
      let driver = try Driver(inherited, descriptors)
      expectEqual(try await inherited.remote(scratch).split(separator: "\n"), ["0", "1", "2", "3"])
      let own = try await descriptors.remote(0)
      expect(own.count <= 4 + 3, "descriptors are \(own)")
      await driver.shutdown()
      removeScratch(scratch)
    },
    Scenario(name: "barriers surely reach containers that were forked", functions: [reached]) { _ in
      expect(try await reached.remote(0), "one forked from a copy of this program fences each input")
      let reachedLate = Function("reachedLate") { (_: Int) in gantry_membarrier_reaches_us() }
      let driver = try Driver(reachedLate)
      expect(try await !reachedLate.remote(0), "one that runs the program leaves out its fences")
      await driver.shutdown()
    },
    Scenario(
      name: "barriers surely reach containers of a second program", functions: [reached], configuration: again
    ) { _ in expect(try await reached.remote(0), "one forked from the second program fences each input") },
    Scenario(name: "limits hold in containers that run the program", functions: [other]) { _ in
      let driver = try Driver(limits)
      expectEqual(try await limits.remote(Int(RLIMIT_DATA.rawValue)), 400 << 20, "RLIMIT_DATA")
      expectEqual(try await limits.remote(Int(RLIMIT_CORE.rawValue)), 0, "RLIMIT_CORE")
      await driver.shutdown()
    },
    Scenario(name: "inside a container that ran the program everything is refused", functions: [other]) { _ in
      let driver = try Driver(recursive, driving, square)
      expectEqual(try await recursive.remote(3), "nested")
      expectEqual(try await driving.remote(3), "nested")
      await driver.shutdown()
    },
    Scenario(name: "several inputs run at a time in containers that run the program", functions: [other]) {
      _ in
      let driver = try Driver(crowd, square)
      let expected = (0..<400).map { $0 % 10 > 0 ? "\($0)" : "nested" }
      expectEqual(try await crowd.map(0..<400).collect(), expected)
      expect(Board.value(1) > 2, "at most \(Board.value(1)) ran at a time")
      await driver.shutdown()
    },
    Scenario(name: "a program that makes other drivers first starts no more of itself", functions: [other]) {
      _ in
      var drivers: [Driver] = []
      for number in 0..<6 {
        let one = Function("one\(number)", options: .init(maxContainers: 2)) { (x: Int) in x + number }
        drivers.append(try Driver(one))
        let outputs = try? await one.map(0..<50).collect()
        if let outputs { expectEqual(outputs, (0..<50).map { $0 + number }) }
        // Keeper and zygote a driver, two containers at most, and what the program's first driver forks in each.
        expect(descendants().count <= 4 * 4 * (number + 2), "there are \(descendants().count) processes")
      }
      for driver in drivers { await driver.shutdown() }
    },
    Scenario(
      name: "another program's functions run where that is asked for",
      functions: [foreign.sleeping, foreign.onMain, foreign.queued, foreign.grouped, foreign.plain],
      configuration: Configuration(start: .executable(sibling("AsyncMainProgram") ?? "none"))
    ) { _ in
      expectEqual(try await foreign.plain.map(0..<100).collect(), (0..<100).map { $0 + 3 })
      expectEqual(try await foreign.sleeping.map(0..<100).collect(), (0..<100).map { $0 * $0 })
      expectEqual(try await foreign.queued.map(0..<100).collect(), (0..<100).map { $0 + 2 })
    },
    Scenario(name: "a program with other functions is refused by their names", functions: []) { _ in
      let program = path(of: "AsyncMainProgram")
      let elsewhere = Configuration(start: .executable(program))
      let message = startFault(elsewhere, [misnamed, mistyped])
      expect(message.contains("has no function \"misnamed\""), message)
      expect(message.contains("it has \"sleeping\", \"onMain\", \"queued\", \"grouped\""), message)
      let types = startFault(
        elsewhere, [foreign.sleeping, foreign.onMain, foreign.queued, foreign.grouped, mistyped])
      expect(types.contains("\"plain\""), types)
      expect(
        types.contains("takes Int and returns Int, where this one takes Double and returns Double"), types)
      let order = startFault(
        elsewhere, [foreign.onMain, foreign.sleeping, foreign.queued, foreign.grouped, foreign.plain])
      expect(order.contains("in another order"), order)
      expectEqual(descendants().filter { $0.name == "gantry-keeper" }.count, 1, "keepers that are left")
    },
    Scenario(name: "a program that ends or is none is refused with the reason", functions: []) { _ in
      let ends = startFault(Configuration(start: .executable("/bin/false")), [square])
      expect(ends.contains("/bin/false") && ends.contains("ended with code 1"), ends)
      let none = startFault(Configuration(start: .executable("/no/such/program")), [square])
      expect(none.contains("could not be executed: No such file"), none)
      let directory = startFault(Configuration(start: .executable("/tmp")), [square])
      expect(directory.contains("could not be executed: Permission denied"), directory)
      let complaint = startFault(Configuration(start: .executable("/bin/cat")), [square])
      expect(complaint.contains("No such file"), "the program's last words are told: \(complaint)")
    },
    Scenario(name: "a program that never makes the driver is not waited for for ever", functions: []) { _ in
      let scratch = makeScratch()
      let script = "\(scratch)/sleeper"
      writeFile(script, "#!/bin/sh\nexec sleep 1000\n")
      chmod(script, 0o700)
      let hasty = Function("hasty", options: .init(startupTimeout: .milliseconds(300))) { (x: Int) in x }
      let message = startFault(Configuration(start: .executable(script)), [hasty])
      expect(message.contains("within the startupTimeout of 0.3 seconds"), message)
      await eventually("it is gone") { !descendants().contains { $0.name == "sleep" && $0.isAlive } }
      removeScratch(scratch)
    },
    Scenario(name: "a fork that is demanded and impossible is refused with the reason", functions: [other]) {
      _ in
      let message = startFault(Configuration(start: .fork), [square])
      expect(message.contains("Dispatch or Swift's concurrency") || message.contains("threads"), message)
    },
    Scenario(name: "a zygote that is killed is replaced by starting again", functions: [other]) { _ in
      let before = Set(descendants().map(\.pid))
      let driver = try Driver(steady)
      for _ in 0..<3 {
        async let outputs = steady.map(0..<1500).collect()
        try await rest(100)
        guard
          let zygote = descendants().first(where: { $0.name == "gantry-zygote" && !before.contains($0.pid) })
        else { fail("there is no zygote") }
        kill(zygote.pid, SIGKILL)
        expectEqual(try await outputs, (0..<1500).map { $0 * 3 })
      }
      await driver.shutdown()
    },
    Scenario(name: "a zygote that is stopped is replaced", functions: [steady]) { _ in
      await eventually("there is a zygote") { descendant(named: "gantry-zygote") != nil }
      let zygote = await livingZygote()
      kill(zygote, SIGSTOP)
      expectEqual(try await steady.map(0..<100).collect(), (0..<100).map { $0 * 3 })
      expect(!isAlive(zygote), "it was killed")
    },
    Scenario(name: "a container that comes after it was given up does not stay", functions: [hurried]) {
      driver in
      for _ in 0..<5 {
        let zygote = await livingZygote()
        kill(zygote, SIGSTOP)
        let call = try await hurried.spawn(7)
        // In this time the first containers are given up, and others asked for.
        try await rest(500)
        kill(zygote, SIGCONT)
        if let output = try? await call.get() { expectEqual(output, 21) }
        await eventually("only containers that the driver knows of live") {
          let known = driver.statistics.functions[0].containers.count
          return descendants().count { $0.name == "gantry-box" && $0.isAlive } <= known
        }
      }
      expectEqual(try await hurried.map(0..<100).collect(), (0..<100).map { $0 * 3 })
    },
    Scenario(name: "however a driver of a program with threads ends, nothing of it is left", functions: []) {
      _ in
      for way in ["again", "threaded"] {
        for end in [SIGKILL, SIGTERM, SIGABRT] {
          let victim = Victim(way, arguments: ["EndToEndProgram", way, victims.name, "0"])
          expectEqual(victim.readLine(), "READY", way)
          expect(victim.survivors.count >= 4, "\(way): there are containers to be left")
          kill(victim.pid, end)
          expectEqual(victim.reap() & 0x7f, end, "the signal that ended it")
          await eventually("nothing of \(way) survives signal \(end)") { victim.survivors.isEmpty }
          victim.closePipes()
        }
      }
    },
    Scenario(name: "what inputs print and complain appears once", functions: []) { _ in
      for way in ["again", "threaded"] {
        let victim = Victim(way, arguments: ["EndToEndProgram", way, "talkers", "0"])
        let printed = readAll(victim.output).split(separator: "\n").map(String.init)
        let complained = readAll(victim.errors).split(separator: "\n").map(String.init)
        expectEqual(victim.reap(), 0, "its status")
        expectEqual(printed.sorted(), (0..<100).map { "line \($0)" }.sorted())
        expectEqual(complained.sorted(), (0..<100).map { "word \($0)" }.sorted())
        victim.closePipes()
      }
    },
    Scenario(name: "two drivers of a program with one thread both fork", functions: []) { _ in
      let victim = Victim("two", arguments: ["EndToEndProgram", "two"])
      let printed = readAll(victim.output)
      expectEqual(readAll(victim.errors), "", "its errors")
      expectEqual(victim.reap(), 0, "its status")
      expectEqual(printed, "both forked\nright\n")
      await eventually("nothing of it is left") { victim.survivors.isEmpty }
      victim.closePipes()
    },
    Scenario(name: "an asynchronous main starts again after an await", functions: []) { _ in
      let late = await lines(of: "AsyncMainProgram", ["late"])
      expectEqual(late, ["sleeping", "grouped", "plain"].map { "\($0) right" })
      let detached = await lines(of: "AsyncMainProgram", ["detached"])
      expectEqual(detached, ["sleeping", "onMain", "queued", "grouped", "plain"].map { "\($0) right" })
    },
    Scenario(name: "top-level code starts again after an await, and prints once", functions: []) { _ in
      let printed = await lines(of: "TopLevelProgram", ["7"]) {
        expectEqual($0, "complaint before\n", "its errors")
      }
      expectEqual(printed, ["before", "plain right", "sleeping right"])
    },
    Scenario(name: "a parsed command starts again, with its arguments, and prints once", functions: []) { _ in
      let printed = await lines(of: "CommandProgram", ["a word", "--scale", "3"])
      expectEqual(printed, ["before", "arguments right", "sleeping right", "scaled right"])
    },
    Scenario(name: "an app may ask to be started again", functions: []) { _ in
      let run = Victim("repeated", arguments: ["EndToEndProgram", "repeated"])
      expectEqual(readAll(run.output), "16 5\n")
      expectEqual(readAll(run.errors), "")
      expectEqual(run.reap(), 0, "its status")
      await eventually("nothing of it is left") { run.survivors.isEmpty }
      run.closePipes()
    },
  ])

/// Started by scenarios above, to be listened to.
let talkers = ScenarioGroup(
  name: "talkers",
  scenarios: [
    Scenario(name: "talks", functions: [talking]) { _ in _ = try await talking.map(0..<100).collect() }
  ])

struct RepeatedApp: App {
  let square = Function { (x: Int) in x * x }
  let next = Function { (x: Int) async -> Int in x + 1 }
  var configuration: Configuration { .init(start: .reexec) }

  func run() async throws { print(try await square.remote(4), try await next.remote(4)) }
}

/// Makes two drivers one after the other, while there is one thread.
func makeTwoDrivers() {
  do {
    let first = try Driver(square, configuration: .init(start: .fork))
    let second = try Driver(other, napping, configuration: .init(start: .fork))
    print("both forked")
    Task {
      expectEqual(try await square.map(0..<100).collect(), (0..<100).map { $0 * $0 })
      expectEqual(try await other.map(0..<100).collect(), (0..<100).map { $0 - 1 })
      expectEqual(try await napping.map(0..<100).collect(), (0..<100).map { $0 + 1 })
      await first.shutdown()
      await second.shutdown()
      print("right")
      exit(0)
    }
    dispatchMain()
  } catch {
    fail("\(error)")
  }
}
