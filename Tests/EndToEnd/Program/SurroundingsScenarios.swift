// Promises about deaths around a driver, and its own: of keeper and zygote at any moment, one by one and together, stopped
// instead of killed; of the driver in every way and state. Nothing is lost, nothing hangs, and a second later nothing is
// left.

import Gantry
import Glibc

private let fleeting = Function(
  "fleeting",
  options: .init(
    maxContainers: 6, crashRetries: .init(maxRetries: 1000, initialDelay: .zero), maxInputsPerContainer: 5)
) { (x: Int) in
  if x % 4 == 0 { pauseThread(1) }
  return x * 3
}
private let lasting = Function("lasting", options: .init(minContainers: 2, maxContainers: 4)) { (x: Int) in
  pauseThread(1)
  return x + 1
}
private let brief = Function(
  "brief", options: .init(maxContainers: 2, timeout: .milliseconds(300), crashRetries: .none)
) { (x: Int) in
  pauseThread(20)
  return x
}

/// Waits until nothing carries a victim's mark, for a second; a process that the kernel is taking down carries none.
func expectNothingLeft(of victim: Victim, but spared: Int32 = 0, _ what: String, line: Int = #line) {
  var left: [ProcessFacts] = []
  for _ in 0..<200 {
    left = victim.survivors.filter { $0.pid != spared }
    if left.isEmpty { return }
    pauseThread(5)
  }
  let facts = left.map { "\($0.pid) \($0.name) \($0.state) of \($0.parent)" }
  for one in left { kill(one.pid, SIGKILL) }
  fail("line \(line): a second after the end of one that \(what) there are still \(facts)")
}

/// Names of shared memory that stay: one that is being made has its name for an instant.
func lastingNames() -> Set<String> {
  var names = sharedNames()
  for _ in 0..<100 where !names.isEmpty {
    pauseThread(10)
    names.formIntersection(sharedNames())
  }
  return names
}

private func sharedNames() -> Set<String> {
  guard let stream = opendir("/dev/shm") else { return [] }
  defer { closedir(stream) }
  var names: Set<String> = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name.hasPrefix("gantry-") { names.insert(name) }
  }
  return names
}

private func started(_ name: String) -> Victim {
  let victim = Victim(name)
  expectEqual(victim.readLine(), "READY", name)
  return victim
}

private func child(of parent: Int32, named name: String) -> Int32? {
  descendants(of: parent).first { $0.name == name && $0.isAlive }?.pid
}

/// Both of a driver's servants.
private func servants(of driver: Int32 = getpid()) async -> (keeper: Int32, zygote: Int32) {
  var found: (Int32, Int32)?
  await eventually("there are keeper and zygote") {
    if let keeper = child(of: driver, named: "gantry-keeper"),
      let zygote = child(of: driver, named: "gantry-zygote")
    {
      found = (keeper, zygote)
    }
    return found != nil
  }
  return found ?? (0, 0)
}

private func expectKeeperLost(_ body: () async throws -> Void, line: Int = #line) async {
  let error = require(await thrown(line: line, body), GantryError.self, line: line)
  expect(error.message.contains("keeps the containers"), error.message, line: line)
}

let surroundingsScenarios = ScenarioGroup(
  name: "surroundings",
  scenarios: [
    Scenario(name: "a zygote killed while it forks loses nothing", functions: [fleeting]) { driver in
      try await killZygotes(of: driver)
    },
    Scenario(
      name: "a zygote killed while it forks loses nothing, where it was executed", functions: [fleeting],
      configuration: .init(start: .reexec)
    ) { driver in
      try await killZygotes(of: driver)
    },
    Scenario(
      name: "a keeper killed while its zygote forks leaves nothing, detached processes neither", functions: []
    ) { _ in
      for round in 0..<6 {
        for name in [
          "forks for ever", "detaches in inputs", "forks for ever, started again",
          "detaches in inputs, started again",
        ] {
          let victim = started(name)
          let (keeper, _) = await servants(of: victim.pid)
          pauseThread(round * 3)
          kill(keeper, SIGKILL)
          let errors = readAll(victim.errors)
          expect(errors.contains("Make another Driver to go on"), "\(name) said \(errors)")
          expectEqual(victim.reap(), 256, "its status")
          expectNothingLeft(of: victim, "\(name), its keeper killed")
          victim.closePipes()
        }
      }
    },
    Scenario(
      name: "keeper and zygote killed at once end the calls, and a shutdown returns", functions: [lasting]
    ) {
      driver in
      let results = Task { try await lasting.map(0..<100_000).collect() }
      await eventually("containers work") { driver.statistics.functions[0].completed > 20 }
      let (keeper, zygote) = await servants()
      kill(zygote, SIGKILL)
      kill(keeper, SIGKILL)
      await expectKeeperLost { _ = try await results.value }
      await expectRefused { _ = try await lasting.remote(1) }
      await driver.shutdown()
      await eventually("nothing is left") { descendants().allSatisfy { !$0.isAlive } }
    },
    Scenario(
      name: "keeper and zygote that are stopped while maps run delay what needs them alone",
      functions: [lasting]
    ) { driver in
      _ = try await lasting.map(0..<100).collect()
      let (keeper, zygote) = await servants()
      kill(zygote, SIGSTOP)
      kill(keeper, SIGSTOP)
      expectEqual(try await lasting.map(0..<500).collect(), (1...500).map { $0 }, "what living containers do")
      for one in driver.statistics.functions[0].containers { kill(one.pid, SIGKILL) }
      // None is left: the zygote is asked, does not answer, and is replaced by a keeper that was woken.
      expectEqual(try await lasting.map(0..<500).collect(), (1...500).map { $0 }, "what their successors do")
      expect(!isAlive(zygote), "the stopped zygote was replaced")
    },
    Scenario(
      name: "a shutdown wakes a stopped keeper and a stopped zygote, and leaves nothing", functions: [lasting]
    ) {
      driver in
      _ = try await lasting.map(0..<100).collect()
      let (keeper, zygote) = await servants()
      kill(zygote, SIGSTOP)
      kill(keeper, SIGSTOP)
      await driver.shutdown()
      expectEqual(descendants().count, 0, "processes after the shutdown, zombies too")
    },
    Scenario(name: "a killed driver's stopped keeper, zygote or containers end all the same", functions: []) {
      _ in
      for names in [["gantry-keeper"], ["gantry-zygote"], ["gantry-box"], ["gantry-keeper", "gantry-box"]] {
        let victim = started("detaches in inputs")
        for one in descendants(of: victim.pid) where names.contains(one.name) { kill(one.pid, SIGSTOP) }
        kill(victim.pid, SIGKILL)
        expectEqual(victim.reap() & 0x7f, SIGKILL, "the signal that ended it")
        expectNothingLeft(of: victim, "was killed, with \(names) stopped")
        victim.closePipes()
      }
    },
    Scenario(
      name: "however the driver ends and whatever its inputs do, a second later nothing is left",
      functions: []
    ) { _ in
      for name in [
        "is deaf in inputs", "stops in inputs", "detaches in inputs", "forks for ever", "spawns maps",
        "maps asynchronously for ever", "shuts down for long", "detaches in inputs, started again",
        "forks for ever, started again",
      ] {
        for end in [SIGKILL, SIGTERM, SIGINT, SIGHUP] {
          let victim = started(name)
          kill(victim.pid, end)
          expectEqual(victim.reap() & 0x7f, end, "the signal that ended one that \(name)")
          expectNothingLeft(of: victim, "\(name), ended by signal \(end)")
          victim.closePipes()
        }
      }
      expectEqual(lastingNames(), [], "names of shared memory")
    },
    Scenario(name: "a driver killed at any moment of its start leaves nothing", functions: []) { _ in
      for round in 0..<40 {
        let victim = Victim(round % 2 == 0 ? "forks for ever" : "forks for ever, started again")
        usleep(UInt32(round) * 900)
        kill(victim.pid, round % 3 == 0 ? SIGTERM : SIGKILL)
        _ = victim.reap()
        expectNothingLeft(of: victim, "was starting")
        victim.closePipes()
      }
      expectEqual(lastingNames(), [], "names of shared memory")
    },
    Scenario(name: "a driver that aborts, leaves, or becomes another program leaves nothing", functions: []) {
      _ in
      for (name, expected) in [
        ("aborts in the middle", SIGABRT), ("leaves in the middle", 6 << 8),
        ("becomes another program in the middle", 0),
      ] {
        let victim = started(name)
        if expected == 0 {
          await eventually("it is another program") { ProcessFacts(victim.pid)?.name == "sleep" }
          expectNothingLeft(of: victim, but: victim.pid, name)
          expect(isAlive(victim.pid), "the program that it became lives on")
        }
        expectEqual(victim.reap() & ~0x80, expected, "how one that \(name) ended")
        expectNothingLeft(of: victim, name)
        victim.closePipes()
      }
    },
    Scenario(name: "a driver that is stopped for a while and goes on loses nothing", functions: []) { _ in
      for pause in [100, 1500] {
        let victim = started("sums up")
        pauseThread(50)
        kill(victim.pid, SIGSTOP)
        pauseThread(pause)
        kill(victim.pid, SIGCONT)
        expectEqual(victim.readLine(), "\((0..<3000).reduce(0, +))", "its sum")
        expectEqual(victim.reap(), 0, "its status")
        expectNothingLeft(of: victim, "was stopped")
        victim.closePipes()
      }
    },
    Scenario(name: "a driver that was stopped charges no input for the time", functions: [brief]) { _ in
      let me = getpid()
      _ = try await brief.remote(0)
      // Whoever continues a stopped process has to be another one.
      _ = system("(for i in 1 2 3; do sleep 0.3; kill -STOP \(me); sleep 0.8; kill -CONT \(me); done) &")
      expectEqual(try await brief.map(0..<200).collect(), Array(0..<200))
    },
    Scenario(
      name: "whatever a program does with its signals, children, names and rights, it is served",
      functions: []
    ) { _ in
      for oddity in oddities {
        for start in ["fork", "again"] {
          let run = Victim("host", arguments: ["EndToEndProgram", "host", "odd", oddity, start])
          let line = run.readLine()
          // In a root without /dev/shm and /proc there is no memory that a container could only read.
          let isClear = oddity == "changes its root" && line.contains("this process sees neither")
          expect(line == "delivered" || isClear, "a host that \(oddity), \(start): \(line)")
          expectEqual(run.reap(), 0, "the status of a host that \(oddity), \(start)")
          expectNothingLeft(of: run, oddity)
          run.closePipes()
        }
      }
    },
    Scenario(name: "a program that closes the driver's descriptors is told so", functions: []) { _ in
      for arguments in [["closes-descriptors", "0"], ["closes-descriptors", "300"], ["closes-idle"]] {
        let run = Victim("host", arguments: ["EndToEndProgram", "host"] + arguments)
        let output = readAll(run.output)
        expect(output.contains("refused: The program has closed descriptors of the driver's"), output)
        expectEqual(run.reap(), 0, "its status")
        expectNothingLeft(of: run, "closes descriptors")
        run.closePipes()
      }
    },
    Scenario(
      name: "a program without standard descriptors is served, and finds none of the driver's there",
      functions: []
    ) { _ in
      for closed in [["0"], ["1"], ["2"], ["0", "1", "2"]] {
        let run = Victim("host", arguments: ["EndToEndProgram", "host", "silent"] + closed)
        let errors = readAll(run.errors)
        expectEqual(run.reap(), 0, "the status of one without \(closed): \(errors)")
        expectNothingLeft(of: run, "has no standard descriptors")
        run.closePipes()
      }
    },
  ])

private func expectRefused(_ body: () async throws -> Void, line: Int = #line) async {
  _ = require(await thrown(line: line, body), GantryError.self, line: line)
}

/// Kills each zygote at another moment of its forking; the successors of those that die young come later and later.
private func killZygotes(of driver: Driver) async throws {
  let chaos = Task.detached {
    var killed = 0
    var random = SystemRandomNumberGenerator()
    while !Task.isCancelled {
      if let zygote = descendant(named: "gantry-zygote") {
        try? await Task.sleep(nanoseconds: UInt64.random(in: 0...20_000_000, using: &random))
        kill(zygote, SIGKILL)
        killed += 1
        // Twice in a row, every other time; then some inputs have to get through.
        let before = driver.statistics.functions[0].completed
        while killed % 2 == 0, !Task.isCancelled, driver.statistics.functions[0].completed < before + 30 {
          try? await Task.sleep(nanoseconds: 2_000_000)
        }
      }
      try? await Task.sleep(nanoseconds: 1_000_000)
    }
    return killed
  }
  var rounds = 0
  let end = monotonicSeconds() + 8
  while monotonicSeconds() < end {
    rounds += 1
    expectEqual(try await fleeting.map(0..<300).collect(), (0..<300).map { $0 * 3 }, "round \(rounds)")
  }
  chaos.cancel()
  let killed = await chaos.value
  expect(killed > 5, "only \(killed) zygotes were killed")
}

private func monotonicSeconds() -> Int {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return now.tv_sec
}
