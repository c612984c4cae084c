// Scenarios that other scenarios start in processes of their own, to be killed or listened to. No suite runs them.
// swift-format-ignore-file: OnlyOneTrailingClosureArgument

import Gantry
import Glibc

private let busy = Function("busy", options: .init(maxContainers: 3)) { (x: Int) in
  pauseThread(1)
  return x
}
private let dreaming = Function("dreaming", options: .init(maxContainers: 3)) { (x: Int) async throws in
  try await Task.sleep(nanoseconds: 1_000_000)
  return x
}
private let long = Function("long", options: .init(maxContainers: 3)) { (text: String) in text + text }
private let talking = Function("talking", options: .init(maxContainers: 2)) { (x: Int) in
  print("input \(x)")
  return x
}
private let dying = Function("dying", options: .init(crashRetries: .init(maxRetries: 2, initialDelay: .zero)))
{
  (x: Int) in
  print("last words")
  die(.killedByItself)
  return x
}
private let complaining = Function("complaining", options: .init(maxContainers: 2)) { (x: Int) in
  var text = "complaint \(x)\n"
  text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
  return x
}
private let endless = Function("endless", options: .init(maxContainers: 2)) { (x: Int) in
  print("line")
  return x
}

private let clinging = Function("clinging", options: .init(maxContainers: 2)) { (x: Int) in
  if x % 20 == 7 {
    // Nothing here ends with the driver by itself.
    ProcessCrime.noDeathSignal.commit()
    ProcessCrime.leaveSession.commit()
    ProcessCrime.ignoreSignals.commit()
    ProcessCrime.forkDaemon.commit()
    ProcessCrime.notSubreaper.commit()
  }
  pauseThread(1)
  return x
}
private let deaf = Function("deaf", options: .init(maxContainers: 3)) { (x: Int) in
  for number in 1..<Int32(32) { signal(number, SIG_IGN) }
  pauseThread(1)
  return x
}
/// Some of its inputs stop their container, which others do not wait for.
private let halting = Function("halting", options: .init(maxContainers: 4)) { (x: Int) in
  if x == 100 || x == 200 { kill(getpid(), SIGSTOP) }
  pauseThread(1)
  return x
}
private let detaching = Function("detaching", options: .init(maxContainers: 3)) { (x: Int) in
  if x < 6 { _ = system("setsid sleep 1000 <&- >&- 2>&- & sleep 1000 <&- >&- 2>&- &") }
  pauseThread(1)
  return x
}
/// Its containers run a few inputs each: there is always one being forked.
private let fleeting = Function(
  "fleeting",
  options: .init(
    maxContainers: 6, crashRetries: .init(maxRetries: 1000, initialDelay: .zero), maxInputsPerContainer: 3)
) { (x: Int) in
  pauseThread(1)
  return x
}
private let closing = Function(
  "closing", options: .init(maxContainers: 2), enter: { 1 }, exit: { (_: Int) in pauseThread(2000) }
) { (_: Int, x: Int) in x }

private func say(_ text: String) {
  var line = text + "\n"
  line.withUTF8 { _ = write(1, $0.baseAddress, $0.count) }
}

/// Iterates an infinite map for ever; says READY once it is under way.
private func follow<Output>(_ results: MapResults<Output>, then act: () -> Void = {}) async throws {
  var count = 0
  for try await _ in results {
    count += 1
    if count == 300 {
      say("READY")
      act()
    }
  }
}

private func counted() -> some Sequence<Int> { sequence(first: 0) { $0 + 1 } }

let victims = ScenarioGroup(
  name: "victims",
  scenarios: [
    Scenario(name: "maps for ever", functions: [busy]) { _ in try await follow(busy.map(0..<Int.max)) },
    Scenario(name: "maps asynchronously for ever", functions: [dreaming]) { _ in
      try await follow(dreaming.map(counted()))
    },
    Scenario(name: "maps large strings for ever", functions: [long]) { _ in
      try await follow(long.map(counted().lazy.map { _ in String(repeating: "x", count: 100_000) }))
    },
    Scenario(name: "maps for ever and clings to life", functions: [clinging]) { _ in
      try await follow(clinging.map(0..<Int.max))
    },
    Scenario(name: "traps in the middle", functions: [busy]) { _ in
      try await follow(busy.map(0..<Int.max)) { die(.outOfRange) }
    },
    Scenario(name: "exits in the middle", functions: [busy]) { _ in
      try await follow(busy.map(0..<Int.max)) { exit(5) }
    },
    Scenario(name: "returns early", functions: [busy]) { _ in
      for try await x in busy.map(0..<Int.max) where x == 300 {
        say("READY")
        return
      }
    },
    Scenario(name: "is deaf in inputs", functions: [deaf]) { _ in try await follow(deaf.map(0..<Int.max)) },
    Scenario(name: "stops in inputs", functions: [halting]) { _ in
      try await follow(halting.map(0..<Int.max, orderOutputs: false))
    },
    Scenario(name: "detaches in inputs", functions: [detaching]) { _ in
      try await follow(detaching.map(0..<Int.max))
    },
    Scenario(name: "forks for ever", functions: [fleeting]) { _ in
      try await follow(fleeting.map(0..<Int.max, orderOutputs: false))
    },
    Scenario(
      name: "forks for ever, started again", functions: [fleeting], configuration: .init(start: .reexec)
    ) {
      _ in
      try await follow(fleeting.map(0..<Int.max, orderOutputs: false))
    },
    Scenario(
      name: "detaches in inputs, started again", functions: [detaching], configuration: .init(start: .reexec)
    ) { _ in
      try await follow(detaching.map(0..<Int.max))
    },
    Scenario(name: "spawns maps", functions: [busy, dreaming]) { _ in
      let call = try await busy.spawnMap(0..<Int.max)
      _ = try await dreaming.spawnMap(counted())
      say("READY")
      try await call.wait()
    },
    Scenario(name: "shuts down for long", functions: [closing]) { driver in
      _ = try await closing.map(0..<10).collect()
      say("READY")
      await driver.shutdown()
    },
    Scenario(name: "aborts in the middle", functions: [detaching]) { _ in
      try await follow(detaching.map(0..<Int.max)) { abort() }
    },
    Scenario(name: "leaves in the middle", functions: [detaching]) { _ in
      try await follow(detaching.map(0..<Int.max)) { _exit(6) }
    },
    Scenario(name: "becomes another program in the middle", functions: [detaching]) { _ in
      try await follow(detaching.map(0..<Int.max)) {
        var words: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("1.5"), nil]
        execv("/bin/sleep", &words)
      }
    },
    Scenario(name: "sums up", functions: [busy]) { _ in
      say("READY")
      say("\(try await busy.map(0..<3000).collect().reduce(0, +))")
    },
    Scenario(name: "prints in inputs", functions: [talking]) { _ in
      say("before")
      for try await x in talking.map(0..<100, orderOutputs: false) { say("done \(x)") }
    },
    Scenario(name: "prints and crashes", functions: [dying]) { _ in
      _ = try await dying.map([1]).results.collect()
    },
    Scenario(name: "complains in inputs", functions: [complaining]) { _ in
      _ = try await complaining.map(0..<200).collect()
    },
    Scenario(name: "prints for ever", functions: [endless]) { _ in
      try await endless.forEach(0..<Int.max)
    },
  ])
