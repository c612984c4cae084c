// Promises about what a driver says: the debug log of maps, and the progress line.

import Gantry
import Glibc
import Logging

private let square = Function("square") { (x: Int) in x * x }
private let fragile = Function(
  "fragile",
  options: .init(
    retries: .init(maxRetries: 1, initialDelay: .milliseconds(2)),
    crashRetries: .init(maxRetries: 1, initialDelay: .milliseconds(3)))
) { (x: Int) throws -> Int in
  if x == 7 { throw Weary() }
  if x == 9 { die(.killedByItself) }
  return x
}
private struct Weary: Error {}

private let slow = Function("slow", options: .init(maxContainers: 2, crashRetries: .none)) {
  (x: Int) -> Int in
  if x == 5 {
    var text = "a word from five\n"
    text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
  }
  if x == 6 { die(.killedByItself) }
  pauseThread(10)
  return x
}
private let other = Function("other", options: .init(maxContainers: 1)) { (x: Int) -> Int in
  pauseThread(10)
  return x
}

private let record = Recorder()
private func logger(_ level: Logger.Level) -> Logger {
  var logger = Logger(label: "test") { _ in record }
  logger.logLevel = level
  return logger
}

/// A handler that asks the driver for what is only told under its lock.
private struct Curious: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }
  func log(event: LogEvent) { Curious.ask() }

  // nonisolated(unsafe): set once, before the first map.
  nonisolated(unsafe) static var ask: @Sendable () -> Void = {}
}

let messageScenarios = ScenarioGroup(
  name: "messages",
  scenarios: [
    Scenario(
      name: "a map of a million inputs takes some dozen lines of the debug log, and ends with a summary",
      functions: [square], configuration: .init(logger: logger(.debug))
    ) { driver in
      expectEqual(try await square.map(0..<1_000_000).collect().count, 1_000_000)
      await driver.shutdown()
      let lines = record.lines.texts(.debug)
      expect((5..<100).contains(lines.count), "\(lines.count) lines")
      func count(_ text: String) -> Int { lines.count { $0.contains(text) } }
      expectEqual(count("Map 1 of \"square\" begins: 1000000 inputs"), 1)
      expect(count("Map 1 of \"square\" sends chunk 1:") == 1, "the first chunk is told")
      expect(count("Map 1 of \"square\" has ") > 0, "outputs are told")
      expect(count(" was started.") > 0, "containers are told")
      let summary = lines.first { $0.hasPrefix("Map 1 of \"square\" ended after ") } ?? "none"
      expect(
        summary.contains(": 1000000 inputs, 1000000 outputs, 0 failed, 0 retried; "),
        "the summary is \(summary)")
      expect(summary.contains(" of 8000000 bytes, packed "), "the summary is \(summary)")
    },
    Scenario(
      name: "retries are told with their delay and cause", functions: [fragile],
      configuration: .init(logger: logger(.debug))
    ) { driver in
      _ = try await fragile.map(0..<20).results.collect()
      await driver.shutdown()
      let lines = record.lines.texts(.debug)
      expect(
        lines.contains("Map 1 of \"fragile\" tries input 7 again in 2.0 ms, after 1 attempt: it threw."),
        "\(lines)")
      expect(
        lines.contains {
          $0.hasPrefix("Map 1 of \"fragile\" tries input 9 again in 3.0 ms, after 1 attempt: container ")
            && $0.contains("was killed by signal 9 (SIGKILL).")
        }, "\(lines)")
      expect(lines.contains { $0.contains("20 inputs, 18 outputs, 2 failed, 2 retried") }, "\(lines)")
    },
    Scenario(
      name: "nothing is told above debug when inputs fail and crash", functions: [fragile],
      configuration: .init(logger: logger(.info))
    ) { driver in
      _ = try await fragile.map(0..<20).results.collect()
      await driver.shutdown()
      for level in Logger.Level.allCases { expectEqual(record.lines.texts(level), []) }
    },
    Scenario(
      name: "a log handler may use the driver", functions: [fragile],
      configuration: .init(logger: Logger(label: "test") { _ in Curious() })
    ) { driver in
      Curious.ask = { [weak driver] in _ = driver?.statistics }
      for _ in 0..<5 { _ = try await fragile.map(0..<20).results.collect() }
      Curious.ask = {}
    },
    Scenario(name: "statistics say what a map waited for", functions: [slow, other]) { driver in
      // The sequence is the slower one, then the caller, then the containers.
      let dawdling = sequence(first: 100) { pauseWhole($0 < 149 ? $0 + 1 : nil) }
      expectEqual(try await slow.map(dawdling).collect().count, 50)
      let byInput = driver.statistics.functions[0]
      expect(byInput.waitedForInput > .milliseconds(500), "\(byInput)")
      expect(byInput.waitedForRoom < byInput.waitedForInput, "\(byInput)")
      for try await _ in slow.map(100..<150, maxOutstandingInputs: 1) { try await rest(10) }
      let byCaller = driver.statistics.functions[0]
      expect(byCaller.waitedForRoom > .milliseconds(500), "\(byCaller)")
      expectEqual(try await other.map(0..<100).collect().count, 100)
      let byContainers = driver.statistics.functions[1]
      expect(byContainers.waitedForContainers > .milliseconds(300), "\(byContainers)")
      expectEqual(byContainers.unfinished, 0)
      expectEqual(byContainers.packing, Double(byContainers.bytesPacked) / Double(byContainers.bytesRaw))
      try await rest(50)
      let after = driver.statistics.functions[1]
      expectEqual(after.waitedForContainers, byContainers.waitedForContainers, "the wait of no map")
    },
    Scenario(name: "statistics count what each container failed and holds", functions: [fragile, other]) {
      driver in
      _ = try await fragile.map([1, 7, 2]).results.collect()
      expectEqual(driver.statistics.functions[0].containers.map(\.failed).reduce(0, +), 2)
      async let outputs = other.map(0..<30).collect()
      await eventually("it holds inputs") {
        driver.statistics.functions[1].containers.contains {
          $0.state == .busy && $0.inFlight > 0 && $0.occupancy > 0 && $0.age > .zero
        }
      }
      expectEqual(try await outputs.count, 30)
    },
    Scenario(name: "a terminal shows a map's progress, and keeps its last state", functions: []) { _ in
      let text = showing(0, onTerminal: true)
      expect(text.contains("\r"), "the terminal shows \(text.debugDescription)")
      expect(text.contains("/s  ETA 0:0"), "the terminal shows \(text.debugDescription)")
      expect(text.contains("2 containers"), "the terminal shows \(text.debugDescription)")
      // The line is taken away before the container's own words, and they end theirs.
      expect(text.contains("a word from five\r\n"), "the terminal shows \(text.debugDescription)")
      expect(text.hasSuffix("1 failed\u{1b}[K\r\n"), "the terminal shows \(text.debugDescription)")
      expect(text.contains("400/400  in 0:0"), "the terminal shows \(text.debugDescription)")
      let widest = text.split { $0 == "\r" || $0 == "\n" || $0 == "\r\n" }.map(\.count).max() ?? 0
      expect(widest < 80 + 3, "a line of \(widest) characters on a terminal of 80")
    },
    Scenario(name: "several maps share the line, the oldest first", functions: []) { _ in
      let text = showing(1, onTerminal: true)
      expect(text.contains("+1 more"), "the terminal shows \(text.debugDescription)")
      expect(text.contains("slow  ["), "the terminal shows \(text.debugDescription)")
    },
    Scenario(name: "nothing is shown where standard error is no terminal", functions: []) { _ in
      expectEqual(showing(0, onTerminal: false), "a word from five\n")
    },
    Scenario(name: "a short map shows nothing on a terminal", functions: []) { _ in
      expectEqual(showing(2, onTerminal: true), "")
    },
    Scenario(name: "an empty map with progress gives nothing", functions: []) { _ in
      expectEqual(
        showing(3, onTerminal: true), "\rsquare  [##############################]  0/0  in 0:00\u{1b}[K\r\n")
    },
    Scenario(name: "progress that is always shown takes plain lines elsewhere", functions: []) { _ in
      let lines = showing(4, onTerminal: false).split(separator: "\n")
      expect(lines.contains { $0.contains("ETA") }, "the lines are \(lines)")
      expect(lines.allSatisfy { !$0.contains("\u{1b}") && !$0.contains("\r") }, "the lines are \(lines)")
      expect((2...30).contains(lines.count), "the lines are \(lines)")
      expect(lines.last?.contains("400/400  in ") == true, "the lines are \(lines)")
    },
  ])

/// An input that takes its time to come.
private func pauseWhole(_ x: Int?) -> Int? {
  pauseThread(15)
  return x
}

/// What other processes show; no suite runs them.
let showings = ScenarioGroup(
  name: "showings",
  scenarios: [
    Scenario(name: "a map of two seconds", functions: [slow]) { _ in
      _ = try await slow.map(0..<400).results.collect()
    },
    Scenario(name: "two maps", functions: [slow, other]) { _ in
      async let first: Void = slow.forEach(0..<400, ignoreExceptions: true)
      async let second: Void = other.forEach(0..<150)
      _ = try await (first, second)
    },
    Scenario(name: "a short map", functions: [square]) { _ in _ = try await square.map(0..<1000).collect() },
    Scenario(name: "an empty map", functions: [square], configuration: .init(progress: .always)) { _ in
      expectEqual(try await square.map([Int]()).collect(), [])
    },
    Scenario(name: "a map in plain lines", functions: [slow], configuration: .init(progress: .always)) { _ in
      _ = try await slow.map(0..<400).results.collect()
    },
  ])

/// What such a process leaves on its standard error.
private func showing(_ number: Int, onTerminal: Bool) -> String {
  var ends: [Int32] = [-1, -1]
  if onTerminal {
    ends[0] = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var unlocked: Int32 = 0
    var number: Int32 = 0
    // TIOCSPTLCK and TIOCGPTN, which Swift does not import.
    guard ends[0] >= 0, ioctl(ends[0], 0x4004_5431, &unlocked) == 0, ioctl(ends[0], 0x8004_5430, &number) == 0
    else { fail("no terminal") }
    ends[1] = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
    guard ioctl(ends[1], UInt(TIOCSWINSZ), &size) == 0 else { fail("no size") }
  } else {
    guard pipe(&ends) == 0 else { fail("no pipe") }
  }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
  let arguments = ["EndToEndProgram", "run", showings.name, "\(number)"]
  var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
  words.append(nil)
  var child: pid_t = 0
  guard posix_spawn(&child, "/proc/self/exe", &actions, nil, words, environ) == 0 else { fail("no process") }
  posix_spawn_file_actions_destroy(&actions)
  for word in words { free(word) }
  close(ends[1])
  let text = readAll(ends[0])
  var status: Int32 = 0
  expectEqual(waitpid(child, &status, 0), child)
  expectEqual(status, 0, "the end of showing \(number), which printed \(text.debugDescription)")
  close(ends[0])
  return text
}
