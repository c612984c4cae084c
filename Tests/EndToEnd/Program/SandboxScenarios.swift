// Promises about sandboxed functions: they do their work, get out in no way, and one that cannot be had is refused.
// The ways out in system calls that Swift has no name for are tried by the tests of the process module.
// swift-format-ignore-file: OnlyOneTrailingClosureArgument

import Foundation
import Gantry

private let confined = FunctionOptions(
  maxContainers: 2, crashRetries: .none, sandbox: Sandbox(writablePaths: ["/tmp"]))
private let closed = FunctionOptions(maxContainers: 2, crashRetries: .none, sandbox: Sandbox())

private let square = Function("square", options: confined) { (x: Int) in x * x }
private let resting = Function("resting", options: confined) { (x: Int) async throws -> Int in
  try await Task.sleep(nanoseconds: 1_000_000)
  return await Task.detached { x + 1 }.value
}
private let crowd = Function(
  "crowd", options: .init(maxContainers: 1, inputConcurrency: 8, sandbox: Sandbox())
) { (x: Int) async throws -> Bool in
  try await Task.sleep(nanoseconds: 1_000_000)
  return Escape.signal.attempt()
}
private let stateful = Function(
  "stateful", options: closed, enter: { Escape.allCases.filter { $0.attempt() }.map(\.rawValue) },
  exit: { _ in }
) { (got: [String], _: Int) in got }
private let escaping = Function("escaping", options: closed) { (way: String) throws -> Bool in
  guard let escape = Escape(rawValue: way) else { return true }
  return escape.attempt()
}
private let free = Function("free", options: .init(crashRetries: .none)) { (way: String) in
  Escape(rawValue: way)?.attempt() ?? false
}
private let writing = Function("writing", options: confined) { (name: String) throws -> String in
  let path = "/tmp/\(name)"
  for round in 0..<2 { try "round \(round)".write(toFile: path, atomically: true, encoding: .utf8) }
  defer { unlink(path) }
  return try String(contentsOfFile: path, encoding: .utf8)
}
private let reading = Function("reading", options: closed) { (path: String) throws -> Bool in
  try !String(contentsOfFile: path, encoding: .utf8).isEmpty
}
private let asking = Function("asking", options: closed) { (command: String) in Int(system(command)) }
private let printing = Function("printing", options: closed) { (x: Int) in print("line \(x)") }
private let falling = Function("falling", options: closed) { (x: Int) in squareOrDie(x) }
private let scribbling = Function("scribbling", options: closed) { (x: Int) -> [String] in
  writableWays()
}
private let homeless = Function(
  "homeless", options: .init(sandbox: Sandbox(writablePaths: ["/tmp", "/nonexistent/gantry"]))
) { (x: Int) in x }

/// A way out of the sandbox, aimed at the driver, whose pid is that of the parent's parent's parent, or at its files.
private enum Escape: String, CaseIterable {
  case create, append, remove, rename, link, mode, owner, times, sharedMemory
  case tcp, udp, local, signal, signalParent, signalGroup, priority, openMemory, environment, descriptors,
    openDevice

  /// Whether it got through.
  func attempt() -> Bool {
    let driver = pid_t(Board.value(0))
    let file = "/var/tmp/gantry-sandbox-\(driver)"
    switch self {
    case .create: return opens("\(file)-new", O_WRONLY | O_CREAT)
    case .append: return opens(file, O_WRONLY | O_APPEND)
    case .remove: return unlink(file) == 0
    case .rename: return Glibc.rename(file, "\(file)-moved") == 0
    case .link: return Glibc.link(file, "\(file)-linked") == 0
    case .mode: return chmod(file, 0o777) == 0
    case .owner: return chown(file, getuid(), getgid()) == 0
    case .times: return utimes(file, nil) == 0
    case .sharedMemory: return opens("/dev/shm/gantry-sandbox-\(driver)", O_RDWR | O_CREAT)
    case .tcp: return socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) >= 0
    case .udp: return socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0) >= 0
    case .local: return socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) >= 0
    case .signal: return kill(driver, SIGCONT) == 0
    case .signalParent: return kill(getppid(), SIGCONT) == 0
    case .signalGroup: return kill(-getpgid(driver), SIGCONT) == 0 && getpgid(driver) != getpgrp()
    case .priority: return setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(driver), 19) == 0
    case .openMemory: return opens("/proc/\(driver)/mem", O_RDWR)
    case .environment: return opens("/proc/\(driver)/environ", O_RDONLY)
    case .descriptors: return opens("/proc/\(driver)/fd/0", O_RDONLY)
    case .openDevice: return opens("/dev/zero", O_RDWR)
    }
  }
}

private func opens(_ path: String, _ flags: Int32) -> Bool {
  let file = open(path, flags | O_CLOEXEC, 0o600)
  if file >= 0 { close(file) }
  return file >= 0
}

/// A file of the kernel's, which has no size.
private func whole(_ path: String) -> String {
  guard let file = fopen(path, "r") else { return "" }
  defer { fclose(file) }
  var text: [UInt8] = []
  var byte = fgetc(file)
  while byte >= 0 {
    text.append(UInt8(truncatingIfNeeded: byte))
    byte = fgetc(file)
  }
  return String(decoding: text, as: UTF8.self)
}

/// In how many ways a container could write to what it shares with the driver and may only read.
private func writableWays() -> [String] {
  var ways: [String] = []
  // In one piece: Foundation reads what has no size only in part.
  let maps = whole("/proc/self/maps")
  var found = 0
  for line in maps.split(separator: "\n") where isOfGantry(line) && line.contains(" r--s ") {
    found += 1
    let range = line.prefix { $0 != " " }
    let bounds = range.split(separator: "-").compactMap { UInt(String($0), radix: 16) }
    let start = UnsafeMutableRawPointer(bitPattern: bounds[0])
    if mprotect(start, 4096, PROT_READ | PROT_WRITE) == 0 { ways.append("mprotect \(line)") }
    if opens("/proc/self/map_files/\(range)", O_RDWR) { ways.append("map_files \(line)") }
  }
  for descriptor in 0..<64 where opens("/proc/self/fd/\(descriptor)", O_RDWR) {
    var target = [CChar](repeating: 0, count: 256)
    let count = readlink("/proc/self/fd/\(descriptor)", &target, 255)
    let path = String(decoding: target.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if path.contains("shm") || path.contains("memfd") { ways.append("fd \(path)") }
  }
  if found < 2 { ways.append("only \(found) shared mappings were found") }
  return ways
}

/// How many descriptors of this process are a sandbox's rules.
private func rulesHeld() -> Int {
  (0..<1024).count { descriptor in
    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
    return target?.contains("landlock") ?? false
  }
}

/// Gives escapes something to aim at while a body runs.
private func withTarget(_ body: () async throws -> Void) async throws {
  let file = "/var/tmp/gantry-sandbox-\(getpid())"
  guard FileManager.default.createFile(atPath: file, contents: Data([1])) else { fail("no file to aim at") }
  defer {
    for suffix in ["", "-new", "-moved", "-linked"] { unlink(file + suffix) }
    unlink("/dev/shm/gantry-sandbox-\(getpid())")
  }
  Board.set(0, Int(getpid()))
  try await body()
}

private let ways = Escape.allCases.map(\.rawValue)

private func checkAll() async throws {
  try await withTarget {
    expectEqual(try await square.map(0..<2000).collect(), (0..<2000).map { $0 * $0 })
    expectEqual(try await resting.map(0..<20).collect(), Array(1...20))
    for (way, got) in zip(ways, try await escaping.map(ways).collect()) {
      expect(!got, "a container got out: \(way)")
    }
    expectEqual(try await crowd.map(0..<50).collect(), Array(repeating: false, count: 50))
    expectEqual(try await stateful.remote(1), [], "what enter could do")
  }
}

let sandboxScenarios = ScenarioGroup(
  name: "sandbox",
  scenarios: [
    Scenario(
      name: "a sandboxed container computes, and gets out in no way",
      functions: [square, resting, escaping, crowd, stateful]
    ) { _ in try await checkAll() },
    Scenario(
      name: "one that executes the program is confined as well",
      functions: [square, resting, escaping, crowd, stateful], configuration: .init(start: .reexec)
    ) { _ in try await checkAll() },
    Scenario(name: "the ways out are ways without a sandbox", functions: [free]) { _ in
      try await withTarget {
        let open: [Escape] = [
          .create, .append, .mode, .owner, .times, .sharedMemory, .tcp, .udp, .local, .signal, .signalParent,
          .openMemory, .environment, .openDevice, .remove,
        ]
        for way in open { expect(try await free.remote(way.rawValue), "\(way) fails anyway") }
      }
    },
    Scenario(name: "files may be written below the paths that are given", functions: [writing, reading]) {
      _ in
      let names = (0..<20).map { "gantry-sandbox-\(getpid())-\($0)" }
      expectEqual(try await writing.map(names).collect(), names.map { _ in "round 1" })
      expect(try await reading.remote("/etc/passwd"), "reading is allowed")
    },
    Scenario(name: "programs that a container starts are confined like it", functions: [asking]) { _ in
      expectEqual(try await asking.remote("test -r /etc/passwd"), 0)
      expect(try await asking.remote("echo x > /var/tmp/gantry-sandbox-program 2>/dev/null") != 0, "it wrote")
      expect(try await asking.remote("kill -CONT \(getpid()) 2>/dev/null") != 0, "it signalled")
      expectEqual(try await asking.remote("sleep 100 & kill $! && wait $!; test $? -gt 128"), 0)
    },
    Scenario(name: "what the driver writes cannot be made writable", functions: [scribbling]) { _ in
      expectEqual(try await scribbling.remote(1), [])
    },
    Scenario(name: "what a sandboxed input prints is printed", functions: [printing]) { _ in
      try await printing.forEach(0..<100)
    },
    Scenario(name: "a crash in a sandbox is told as any other", functions: [falling]) { _ in
      for way in [Death.outOfRange, .badAddress, .abort, .killedByItself, .exitsWithThree] {
        let results = try await falling.map([1, (way.rawValue + 1) * 1000, 3]).results.collect()
        expectEqual(try results[0].get(), 1)
        expectEqual(try results[2].get(), 9)
        _ = expectCrash(results[1], way.status, attempts: 1, index: 1)
      }
      let error = require(await thrown { _ = try await falling.remote(3000) }, InputError.self)
      expect("\(error)".contains("Deaths.swift"), "the line is not named: \(error)")
    },
    Scenario(
      name: "other options may bring a sandbox, and one that cannot be had is refused", functions: [free]
    ) { _ in
      try await withTarget {
        expect(try await free.remote("tcp"), "without a sandbox")
        expect(try await !free.with(closed).remote("tcp"), "with a sandbox")
        let nowhere = free.with(.init(sandbox: Sandbox(writablePaths: ["/nonexistent/gantry"])))
        let error = require(await thrown { _ = try await nowhere.remote("tcp") }, GantryError.self)
        expectEqual(error.code, .sandboxUnavailable)
        expect(
          error.message.contains("\"free\"") && error.message.contains("/nonexistent/gantry")
            && error.message.contains("No such file"), error.message)
        expect(try await free.remote("tcp"), "afterwards")
      }
    },
    Scenario(name: "a sandbox that nobody uses any more leaves no descriptor", functions: [free]) { _ in
      try await withTarget {
        for _ in 0..<20 {
          let other = free.with(closed)
          expect(try await !other.remote("tcp"), "with a sandbox")
          expect(rulesHeld() > 0, "the rules are not to be seen")
        }
        // A pool goes with its last container, some time after the last who could call it.
        while rulesHeld() > 0 { try await Task.sleep(nanoseconds: 10_000_000) }
      }
    },
    Scenario(name: "a driver whose sandbox cannot be had does not start", functions: []) { _ in
      for start in [Configuration.Start.fork, .reexec, .automatic] {
        do {
          _ = try Driver(homeless, configuration: .init(start: start))
          fail("the driver started by \(start)")
        } catch {
          let error = require(error, GantryError.self)
          expectEqual(error.code, .sandboxUnavailable)
          expect(error.message.contains("/nonexistent/gantry"), error.message)
        }
      }
      let error = require(
        await thrown { _ = try Driver(square, configuration: .init(start: .inProcess)) }, GantryError.self)
      expectEqual(error.code, .sandboxUnavailable)
      expect(error.message.contains("inProcess"), error.message)
    },
  ])
