// Plays rounds one after the other, each in a process of its own, and adds up what they report. Sees to it that a round
// ends, and that nothing of it is left.

import Glibc

/// The sums over all rounds.
struct Sums {
  var counts: [String: Int] = [:]
  var findings = Finding.allCases.map { _ in 0 }
  var edges = Edge.allCases.map { _ in 0 }
  var events = Event.allCases.map { _ in 0 }
  var rounds = 0

  mutating func add(_ line: Substring) {
    let fields = line.split(separator: " ")
    guard fields.count == 3, let number = Int(fields[2]) else { return }
    switch (fields[0], Int(fields[1])) {
    case ("finding", let place?): findings[place] += number
    case ("edge", let place?): edges[place] += number
    case ("event", let place?): events[place] += number
    default: counts[String(fields[1]), default: 0] += number
    }
  }

  var kills: Int { Event.allCases.reduce(0) { $1.isKill ? $0 + events[$1.rawValue] : $0 } }
  var isClean: Bool { findings.allSatisfy { $0 == 0 } }
}

struct Supervisor {
  let seed: UInt64
  let seconds: Int
  let mode: Plan.Mode
  /// The one round to play; nil: all that fit the time.
  let only: Int?
  /// More than a round's own time and its watchdog's patience.
  private static let patience: UInt64 = 120_000_000_000

  /// Returns whether nothing was found.
  func run() -> Bool {
    print("seed \(seed), \(seconds) s; GANTRY_SOAK_SEED=\(seed) repeats the plan")
    fflush(nil)
    var sums = Sums()
    let end = monotonic() + UInt64(seconds) * 1_000_000_000
    let names = Set(entries(of: "/dev/shm"))
    var number = only ?? 1
    while monotonic() < end {
      let left = Int((end - monotonic()) / 1_000_000)
      // Short ones mostly, a long one now and then.
      // Not longer: where process numbers come around within a round, the judge takes one death for another.
      let length = number % 8 == 0 ? 6000 : 2000 + number % 5 * 800
      play(number, min(left, length), &sums)
      if only != nil || sums.findings[Finding.hung.rawValue] > 2 { break }
      number += 1
    }
    let left = Set(entries(of: "/dev/shm")).subtracting(names).filter { $0.hasPrefix("gantry") }
    sleep(1)
    let stale = left.intersection(entries(of: "/dev/shm"))
    if !stale.isEmpty {
      sums.findings[Finding.leftBehind.rawValue] += stale.count
      print("names left in /dev/shm: \(stale)")
    }
    report(sums)
    return sums.isClean
  }

  private func play(_ number: Int, _ milliseconds: Int, _ sums: inout Sums) {
    sums.rounds += 1
    let mark = "\(getpid()).\(number)"
    var template = Array("/tmp/gantry-soak-log-XXXXXX".utf8CString)
    let log = mkstemp(&template)
    unlink(template)
    var ends: [Int32] = [-1, -1]
    guard log >= 0, pipe(&ends) == 0 else { fatalError("No pipe for a round: \(errno).") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let child = start(
      ["Soak", "round", "\(seed)", "\(number)", "\(milliseconds)", mode.rawValue], mark: mark, ends[1], log)
    close(ends[1])
    let (text, isOver) = readAll(
      ends[0], by: monotonic() + UInt64(milliseconds) * 1_000_000 + Supervisor.patience)
    close(ends[0])
    if !isOver { kill(child, SIGKILL) }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR { continue }
    let before = sums.findings
    for line in text.split(separator: "\n") { sums.add(line) }
    if !isOver {
      sums.findings[Finding.hung.rawValue] += 1
      say("round \(number) did not end: killed")
    } else if !text.hasSuffix("end\n") {
      sums.findings[Finding.refused.rawValue] += 1
      say("round \(number) ended with wait status \(status) before its report")
    }
    let left = survivors(mark)
    if !left.isEmpty {
      sums.findings[Finding.leftBehind.rawValue] += left.count
      say("round \(number) left processes behind: \(left)")
      for pid in left { kill(pid, SIGKILL) }
    }
    if before != sums.findings { show(log, number) }
    close(log)
  }

  /// Processes of a round that live a second after its end; the keeper needs a moment.
  private func survivors(_ mark: String) -> [Int32] {
    var left: [Int32] = []
    for _ in 0..<30 {
      left = processNumbers().filter { pid in
        readFile("/proc/\(pid)/environ").split(separator: "\0").contains(Substring("\(Round.mark)=\(mark)"))
      }
      if left.isEmpty { break }
      usleep(100_000)
    }
    return left
  }

  private func start(_ words: [String], mark: String, _ output: Int32, _ log: Int32) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, log, 2)
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var environment: [UnsafeMutablePointer<CChar>?] = [
      strdup("\(Round.mark)=\(mark)"), strdup("SWIFT_BACKTRACE=enable=no"),
    ]
    for variable in ["LD_LIBRARY_PATH", "PATH"] {
      if let value = getenv(variable) { environment.append(strdup("\(variable)=\(String(cString: value))")) }
    }
    environment.append(nil)
    var child: pid_t = 0
    let failure = posix_spawn(&child, "/proc/self/exe", &actions, nil, &arguments, &environment)
    posix_spawn_file_actions_destroy(&actions)
    for pointer in arguments + environment { free(pointer) }
    guard failure == 0 else { fatalError("A round could not be started: \(failure).") }
    return child
  }

  private func readAll(_ file: Int32, by deadline: UInt64) -> (text: String, isOver: Bool) {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while monotonic() < deadline {
      var wait = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
      guard poll(&wait, 1, 500) > 0 else { continue }
      let count = read(file, &buffer, buffer.count)
      if count <= 0 { return (String(decoding: bytes, as: UTF8.self), true) }
      bytes += buffer.prefix(count)
      // Those a round leaves behind may hold the pipe open.
      if bytes.suffix(4).elementsEqual("end\n".utf8) { return (String(decoding: bytes, as: UTF8.self), true) }
    }
    return (String(decoding: bytes, as: UTF8.self), false)
  }

  /// What a failed round had to say, without what its containers printed when they trapped.
  private func show(_ log: Int32, _ number: Int) {
    lseek(log, 0, SEEK_SET)
    let lines = readFile("/proc/self/fd/\(log)").split(separator: "\n")
    for line in lines where ["FINDING", "round", "driver:"].contains(where: { line.hasPrefix($0) }) {
      print("  \(number)| \(line.prefix(600))")
    }
    if !lines.contains(where: { $0.hasPrefix("FINDING") }) {
      for line in lines.suffix(12) { print("  \(number)| \(line.prefix(300))") }
    }
    fflush(nil)
  }

  private func report(_ sums: Sums) {
    print("\n\(sums.rounds) rounds, \(sums.counts["results"] ?? 0) inputs, \(sums.kills) kills:")
    for event in Event.allCases where event.isKill {
      print("  \(sums.events[event.rawValue])\t\(event.name)")
    }
    print("besides:")
    for event in Event.allCases where !event.isKill {
      print("  \(sums.events[event.rawValue])\t\(event.name)")
    }
    print(
      "\(sums.counts["charged"] ?? 0) inputs failed by a crash or a timeout; charged at the edge of the function:"
    )
    for edge in Edge.allCases { print("  \(sums.edges[edge.rawValue])\t\(edge.name)") }
    print("findings:")
    for finding in Finding.allCases { print("  \(sums.findings[finding.rawValue])\t\(finding.name)") }
  }
}

func readFile(_ path: String) -> String {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return "" }
  defer { close(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 16_384)
  while true {
    let count = read(file, &buffer, buffer.count)
    guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
    bytes += buffer.prefix(count)
  }
}
