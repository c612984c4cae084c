// Promises about the processes behind a driver: whoever of them dies, nothing hangs, and nothing is left behind.

import Gantry
import Glibc

private let drowsy = Function("drowsy", options: .init(maxContainers: 3)) { (milliseconds: Int) in
  pauseThread(milliseconds)
  return Int(getpid())
}
private let crowded = Function("crowded", options: .init(maxContainers: 8)) { (x: Int) in
  pauseThread(5)
  return x * x
}
private let reserve = Function("reserve", options: .init(minContainers: 8, maxContainers: 8)) { (x: Int) in
  pauseThread(20)
  return x
}
private let steady = Function(
  "steady", options: .init(maxContainers: 4, crashRetries: .init(maxRetries: 100, initialDelay: .zero))
) { (x: Int) in
  if x % 8 == 0 { pauseThread(1) }
  return x * 3
}
private let stopping = Function("stopping", options: .init(maxContainers: 3)) { (x: Int) in
  if x < 0 { kill(getpid(), SIGSTOP) }
  return x
}
private let steadyText = Function(
  "steadyText", options: .init(maxContainers: 3, crashRetries: .init(maxRetries: 100, initialDelay: .zero))
) { (text: String) async in
  if text.utf8.count % 8 == 0 { await Task.yield() }
  return text + text
}
private let square = Function("square") { (x: Int) in x * x }

/// What a container finds in its own process.
private let descriptors = Function("descriptors", options: .init(maxContainers: 3)) { (_: Int) -> [Int] in
  pauseThread(30)
  return numbers(in: "/proc/self/fd").map { Int($0) }.sorted()
}
private let links = Function("links") { (fd: Int) -> String in
  var buffer = [CChar](repeating: 0, count: 256)
  let count = readlink("/proc/self/fd/\(fd)", &buffer, buffer.count)
  return String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
private let inputByte = Function("inputByte") { (_: Int) -> Int in
  var byte: UInt8 = 0
  return read(0, &byte, 1)
}
private let leaving = Function("leaving", options: .init(crashRetries: .none)) { (way: Int) -> Int in
  // One child in a session of its own, one in the background of a shell.
  _ = system("setsid sleep 1000 & sleep 1000 &")
  if let way = Death(rawValue: way) { die(way) }
  return Int(getpid())
}
private let forking = Function("forking") { (code: Int) -> Int in
  let status = system("exit \(code)")
  return Int((status >> 8) & 0xff)
}

private func sleepers() -> [ProcessFacts] { descendants().filter { $0.name == "sleep" && $0.isAlive } }

let processScenarios = ScenarioGroup(
  name: "processes",
  scenarios: [
    Scenario(name: "a zygote that is killed between maps has a successor", functions: [drowsy]) { _ in
      for _ in 0..<3 {
        let before = try await drowsy.remote(0)
        let zygote = await livingZygote()
        kill(zygote, SIGKILL)
        await eventually("its container ends with it") { !isAlive(Int32(before)) }
        expect(try await drowsy.remote(0) != before, "another container answers")
        await eventually("there is another zygote") { descendant(named: "gantry-zygote") ?? zygote != zygote }
      }
    },
    Scenario(name: "a zygote that is killed while maps run loses nothing", functions: [crowded, square]) {
      _ in
      for round in 0..<4 {
        async let slow = crowded.map(0..<600).collect()
        async let quick = square.map(0..<100_000).collect()
        try await Task.sleep(nanoseconds: UInt64(round) * 60_000_000)
        let zygote = await livingZygote()
        kill(zygote, SIGKILL)
        expectEqual(try await slow, (0..<600).map { $0 * $0 }, "the slow map")
        expectEqual(try await quick, (0..<100_000).map { $0 * $0 }, "the quick map")
      }
    },
    Scenario(name: "a zygote that dies again and again is replaced each time", functions: [crowded]) { _ in
      async let outputs = crowded.map(0..<1500).collect()
      var killed = 0
      while killed < 6 {
        if let zygote = descendant(named: "gantry-zygote") {
          kill(zygote, SIGKILL)
          killed += 1
          await eventually("it is gone") { !isAlive(zygote) }
        }
        try await Task.sleep(nanoseconds: 100_000_000)
      }
      do {
        expectEqual(try await outputs, (0..<1500).map { $0 * $0 })
      } catch let error as InputError {
        // An input that was running each time has used up its tries.
        guard case .crashed = error.reason else { fail("\(error)") }
      }
    },
    Scenario(name: "a keeper that is killed ends the calls with the reason", functions: [drowsy]) { driver in
      async let results = drowsy.map(Array(repeating: 20, count: 2000)).collect()
      await eventually("containers work") { driver.statistics.functions[0].completed > 3 }
      guard let keeper = descendant(named: "gantry-keeper") else { fail("there is no keeper") }
      kill(keeper, SIGKILL)
      do {
        _ = try await results
        fail("nothing was thrown")
      } catch let error as GantryError {
        expect(error.message.contains("keeps the containers"), "the message is \(error.message)")
      }
      do {
        _ = try await drowsy.remote(0)
        fail("nothing was thrown")
      } catch is GantryError {}
      await eventually("nothing of it is left") { descendants().allSatisfy { !$0.isAlive } }
    },
    Scenario(
      name: "a keeper that is killed between calls ends the next call with the reason", functions: [drowsy]
    ) {
      _ in
      _ = try await drowsy.remote(0)
      guard let keeper = descendant(named: "gantry-keeper") else { fail("there is no keeper") }
      kill(keeper, SIGKILL)
      await eventually("it is gone") { !isAlive(keeper) }
      do {
        for _ in 0..<1000 { _ = try await drowsy.remote(1) }
        fail("nothing was thrown")
      } catch is GantryError {}
    },
    Scenario(name: "however the driver ends, nothing of it is left", functions: []) { _ in
      for body in ["maps for ever", "maps asynchronously for ever", "maps large strings for ever"] {
        for end in [SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV] {
          let victim = Victim(body)
          expectEqual(victim.readLine(), "READY", body)
          expect(victim.survivors.count >= 3, "\(body): there are containers to be left")
          kill(victim.pid, end)
          let status = victim.reap()
          expectEqual(status & 0x7f, end, "the signal that ended it")
          await eventually("nothing of \(body) survives signal \(end)") { victim.survivors.isEmpty }
          victim.closePipes()
        }
      }
    },
    Scenario(name: "a driver that traps or exits in the middle of a map leaves nothing", functions: []) { _ in
      for (name, expected) in [("traps in the middle", -1), ("exits in the middle", 5), ("returns early", 0)]
      {
        let victim = Victim(name)
        expectEqual(victim.readLine(), "READY", name)
        let status = victim.reap()
        if expected >= 0 {
          expectEqual(Int(status >> 8), expected, "the code of one that \(name)")
        } else {
          expect(status & 0x7f == SIGILL || status & 0x7f == SIGTRAP, "\(name) ended with \(status)")
        }
        await eventually("nothing of one that \(name) survives") { victim.survivors.isEmpty }
        victim.closePipes()
      }
    },
    Scenario(name: "what inputs print appears once and before they count as done", functions: []) { _ in
      let victim = Victim("prints in inputs")
      let lines = readAll(victim.output).split(separator: "\n").map(String.init)
      expectEqual(victim.reap(), 0, "its status")
      expectEqual(lines.first, "before", "what was printed before the driver began")
      for number in 0..<100 {
        let own = lines.indices.filter { lines[$0] == "input \(number)" }
        expectEqual(own.count, 1, "the lines of input \(number)")
        guard let done = lines.firstIndex(of: "done \(number)") else { fail("\(number) was not done") }
        expect(own[0] < done, "input \(number) printed before it was done")
      }
      expectEqual(lines.count, 201)
      victim.closePipes()
    },
    Scenario(name: "what a crashing input printed is not lost", functions: []) { _ in
      let victim = Victim("prints and crashes")
      let lines = readAll(victim.output).split(separator: "\n").map(String.init)
      expectEqual(victim.reap(), 0, "its status")
      expectEqual(lines.filter { $0 == "last words" }.count, 3, "once for each of three attempts")
      victim.closePipes()
    },
    Scenario(name: "what inputs write on standard error is forwarded once", functions: []) { _ in
      let victim = Victim("complains in inputs")
      let lines = readAll(victim.errors).split(separator: "\n").map(String.init)
      expectEqual(victim.reap(), 0, "its status")
      for number in 0..<200 {
        expectEqual(lines.filter { $0 == "complaint \(number)" }.count, 1, "of \(number)")
      }
      victim.closePipes()
    },
    Scenario(name: "a closed standard output ends the program as it would a program alone", functions: []) {
      _ in
      let victim = Victim("prints for ever")
      expectEqual(victim.readLine(), "line")
      close(victim.output)
      let status = victim.reap()
      expectEqual(status & 0x7f, SIGPIPE, "its signal")
      await eventually("nothing of it is left") { victim.survivors.isEmpty }
      close(victim.errors)
    },
    Scenario(
      name: "containers hold at most three descriptors beside the standard ones",
      functions: [descriptors, links, inputByte]
    ) {
      _ in
      let extra = open("/dev/null", O_RDONLY)
      let high = dup2(extra, 900)
      // One of the listed belongs to the listing.
      for list in try await descriptors.map(0..<30).collect() {
        expectEqual(Array(list.prefix(3)), [0, 1, 2])
        expect(list.filter { $0 > 2 }.count <= 3 + 1, "descriptors are \(list)")
        expect(!list.contains(Int(high)), "the program's own stay its own")
      }
      close(extra)
      close(high)
      expectEqual(try await links.remote(0), "/dev/null", "standard input")
      expectEqual(try await inputByte.remote(0), 0, "bytes on standard input")
    },
    Scenario(name: "the program's own descriptors and standard input are as before", functions: [square]) {
      _ in
      let before = numbers(in: "/proc/self/fd").sorted()
      for _ in 0..<5 { expectEqual(try await square.map(0..<100).collect().count, 100) }
      let after = numbers(in: "/proc/self/fd").sorted()
      expect(after.count <= before.count + 4 * 4, "descriptors grew from \(before) to \(after)")
    },
    Scenario(name: "children that a container leaves behind end with it", functions: [leaving]) { driver in
      for way in [Death.killedByItself, .exitsWithZero, .outOfRange, .badAddress] {
        let results = try await leaving.map([way.rawValue]).results.collect()
        _ = expectCrash(results[0], way.status, attempts: 1, index: 0)
        await eventually("what \(way) left behind is gone") { sleepers().isEmpty }
      }
      _ = try await leaving.remote(-1)
      await eventually("a living container's children are its own") { !sleepers().isEmpty }
      await driver.shutdown()
      await eventually("nothing is left after the shutdown") { descendants().isEmpty }
    },
    Scenario(name: "inputs may start processes and wait for them", functions: [forking]) { _ in
      expectEqual(try await forking.map(0..<30).collect(), Array(0..<30))
    },
    Scenario(name: "a shutdown leaves no process and no descriptor", functions: [drowsy, square]) { driver in
      _ = try await drowsy.map([1, 1, 1, 1, 1, 1]).collect()
      _ = try await square.map(0..<1000).collect()
      await driver.shutdown()
      expectEqual(descendants().count, 0, "processes after the shutdown, zombies too")
      await driver.shutdown()
    },
    Scenario(name: "a program that ignores SIGCHLD is served all the same", functions: [drowsy, square]) {
      driver in
      signal(SIGCHLD, SIG_IGN)
      let pid = try await drowsy.remote(0)
      kill(Int32(pid), SIGKILL)
      expect(try await drowsy.remote(0) != pid, "another container answers")
      expectEqual(try await square.map(0..<1000).collect(), (0..<1000).map { $0 * $0 })
      await driver.shutdown()
      await eventually("nothing is left") { descendants().isEmpty }
    },
    Scenario(name: "a program that waits for any child is served all the same", functions: [drowsy, square]) {
      driver in
      let waiting = Task.detached {
        while !Task.isCancelled {
          var status: Int32 = 0
          while waitpid(-1, &status, WNOHANG) > 0 { continue }
          try? await Task.sleep(nanoseconds: 1_000_000)
        }
      }
      for _ in 0..<10 {
        let pid = try await drowsy.remote(0)
        kill(Int32(pid), SIGKILL)
        expectEqual(try await square.map(0..<1000).collect(), (0..<1000).map { $0 * $0 })
      }
      await driver.shutdown()
      waiting.cancel()
      await eventually("nothing is left") { descendants().isEmpty }
    },
    Scenario(name: "a program's own children are left alone", functions: [square]) { driver in
      var child: pid_t = 0
      var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("1000"), nil]
      guard posix_spawnp(&child, "sleep", nil, nil, &arguments, environ) == 0 else { fail("no sleep") }
      expectEqual(try await square.map(0..<1000).collect().count, 1000)
      await driver.shutdown()
      expect(isAlive(child), "the program's child lives on")
      kill(child, SIGKILL)
      var status: Int32 = 0
      expectEqual(waitpid(child, &status, 0), child, "and is the program's to reap")
    },
    Scenario(
      name: "containers that idle when their zygote is killed are no failed starts", functions: [reserve]
    ) {
      driver in
      for _ in 0..<4 {
        async let output = reserve.map(Array(0..<6)).collect()
        await eventually("all are there") {
          driver.statistics.functions[0].containers.filter { $0.pid > 0 && $0.state != .starting }.count == 8
        }
        let zygote = await livingZygote()
        kill(zygote, SIGKILL)
        expectEqual(try await output, Array(0..<6))
        expectEqual(try await reserve.map(Array(0..<6)).collect(), Array(0..<6))
      }
    },
    Scenario(
      name: "containers killed and stopped at any moment lose and double nothing",
      functions: [steady, steadyText]
    ) {
      driver in
      let chaos = Task.detached {
        var random = SystemRandomNumberGenerator()
        while !Task.isCancelled {
          try? await Task.sleep(nanoseconds: UInt64.random(in: 500_000...8_000_000, using: &random))
          let containers = driver.statistics.functions.flatMap { $0.containers }.filter { $0.outputs > 0 }
          guard let one = containers.randomElement(using: &random), one.pid > 0 else { continue }
          if Bool.random(using: &random) {
            kill(one.pid, SIGKILL)
          } else {
            kill(one.pid, SIGSTOP)
            try? await Task.sleep(nanoseconds: UInt64.random(in: 100_000...20_000_000, using: &random))
            kill(one.pid, SIGCONT)
          }
        }
      }
      for round in 0..<6 {
        async let numbers = steady.map(0..<6000, orderOutputs: round % 2 == 0).collect()
        async let texts = steadyText.map((0..<2000).map { "\($0)" }).collect()
        expectEqual(try await numbers.sorted(), (0..<6000).map { $0 * 3 }, "numbers")
        expectEqual(try await texts, (0..<2000).map { "\($0)\($0)" }, "texts")
      }
      chaos.cancel()
      await chaos.value
      expect(driver.statistics.functions.allSatisfy { $0.containersDied > 0 }, "some were killed")
    },
    Scenario(name: "an input that stops its container delays itself and no other", functions: [stopping]) {
      _ in
      for place in [500, 0, 3999, 47] {
        var seen = 0
        let inputs = (0..<4000).map { $0 == place ? -1 : $0 }
        for try await _ in stopping.map(inputs, orderOutputs: false) {
          seen += 1
          // It goes on when all others are there.
          if seen == 3999 {
            await eventually("one is stopped") {
              let stopped = descendants().filter { $0.state == "T" }
              for one in stopped { kill(one.pid, SIGCONT) }
              return !stopped.isEmpty
            }
          }
        }
        expectEqual(seen, 4000)
      }
    },
  ])
