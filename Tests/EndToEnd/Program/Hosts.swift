// Programs that make their own driver, in surroundings that a scenario or a script has made for them first:
// `EndToEndProgram host NAME [ARGUMENT...]`. Each ends with 0 if every input was delivered rightly or the error was clear.
// They say "delivered" or "refused: REASON" on standard output; what is neither ends them with 1 and the fault.
// swift-format-ignore-file: OnlyOneTrailingClosureArgument

import Dispatch
import Gantry
import Glibc

private let square = Function("square", options: .init(maxContainers: 4)) { (x: Int) in x * x }
private let doubled = Function("doubled", options: .init(maxContainers: 2)) { (text: String) in text + text }
private let napping = Function("napping", options: .init(maxContainers: 2)) { (x: Int) async throws -> Int in
  try await Task.sleep(nanoseconds: 200_000)
  return x + 1
}
private let mortal = Function("mortal", options: .init(maxContainers: 2, crashRetries: .none)) { (x: Int) in
  if x < 0 { kill(getpid(), SIGKILL) }
  return x
}
private let slow = Function("slow", options: .init(maxContainers: 8)) { (x: Int) in
  pauseThread(2)
  return x * 3
}
private let overdue = Function(
  "overdue", options: .init(maxContainers: 2, timeout: .milliseconds(200), crashRetries: .none)
) { (x: Int) in
  if x < 0 { while true { pause() } }
  return x
}
private let crowded = Function("crowded", options: .init(minContainers: 64, maxContainers: 64)) { (x: Int) in
  pauseThread(1)
  return x + 7
}
private let greedy = Function("greedy", options: .init(maxContainers: 2, crashRetries: .none)) {
  (mebibytes: Int) in
  hoard(mebibytes)
}

/// Touches so much memory, page by page, and gives the count back.
private func hoard(_ mebibytes: Int) -> Int {
  guard mebibytes > 0 else { return 0 }
  let bytes = mebibytes << 20
  guard let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
    memory != MAP_FAILED
  else { return -1 }
  for at in stride(from: 0, to: bytes, by: 4096) {
    memory.storeBytes(of: 1, toByteOffset: at, as: UInt8.self)
  }
  munmap(memory, bytes)
  return mebibytes
}

/// What every driver can do; throws what the driver throws, ends the program for a wrong output.
private func workAll(_ rounds: Int = 1) async throws {
  for _ in 0..<rounds {
    async let squares = square.map(0..<20_000).collect()
    async let texts = doubled.map((0..<200).map { String(repeating: "x", count: $0 * 100) }).collect()
    async let naps = napping.map(0..<100).collect()
    expectEqual(try await squares, (0..<20_000).map { $0 * $0 }, "squares")
    expectEqual(try await texts.map { $0.utf8.count }, (0..<200).map { $0 * 200 }, "texts")
    expectEqual(try await naps, (0..<100).map { $0 + 1 }, "naps")
    let results = try await mortal.map([1, -1, 2]).results.collect()
    expectEqual(results.map { (try? $0.get()) ?? 0 }, [1, 0, 2], "what a crash leaves")
  }
}

/// The same without a task: where no thread can be made, Dispatch waits for one for ever.
private func workPlainly() -> Never {
  do {
    let driver = try Driver(square, mortal)
    for _ in 0..<3 {
      expectEqual(try square.map(0..<5000).blocking.collect(), (0..<5000).map { $0 * $0 }, "squares")
      let results = try mortal.map([1, -1, 2]).results.blocking.collect()
      expectEqual(results.map { (try? $0.get()) ?? 0 }, [1, 0, 2], "what a crash leaves")
    }
    say("delivered")
    withExtendedLifetime(driver) {}
    exit(0)
  } catch {
    refused(error)
  }
}

private let workers: [any RegisteredFunction] = [square, doubled, napping, mortal, slow, overdue, greedy]

/// Makes a driver and runs a body with it; what either throws is said.
private func host(
  _ functions: [any RegisteredFunction] = workers, start: Configuration.Start = .automatic,
  ringBytes: Int? = nil, check: () -> Void = {},
  _ body: @escaping @Sendable (Driver) async throws -> Void
) -> Never {
  let driver: Driver
  do {
    var configuration = Configuration(start: start)
    configuration.ringBytes = ringBytes
    driver = try Driver(functions, configuration: configuration)
  } catch {
    refused(error)
  }
  check()
  Task {
    do {
      try await body(driver)
    } catch {
      await driver.shutdown()
      refused(error)
    }
    await driver.shutdown()
    say("delivered")
    exit(0)
  }
  dispatchMain()
}

/// The end by an error: only one of ours is clear.
private func refused(_ error: any Error) -> Never {
  guard error is GantryError || error is InputError else { fail("it threw \(error)") }
  say("refused: \(error)")
  exit(0)
}

/// How often the threads of a process have given up or lost their processor.
private func contextSwitches(_ pid: Int32) -> Int {
  numbers(in: "/proc/\(pid)/task").reduce(0) { sum, thread in
    let lines = readFile("/proc/\(pid)/task/\(thread)/status")?.split(separator: "\n") ?? []
    return sum
      + lines.filter { $0.contains("ctxt_switches") }.compactMap { Int($0.drop { !$0.isNumber }) }.reduce(
        0, +)
  }
}

private func say(_ text: String) {
  var line = text + "\n"
  line.withUTF8 { _ = write(1, $0.baseAddress, $0.count) }
}

private func limit(_ resource: Int, _ value: UInt) {
  var limit = rlimit(rlim_cur: value, rlim_max: value)
  guard setrlimit(__rlimit_resource_t(UInt32(resource)), &limit) == 0 else { fail("setrlimit: \(errno)") }
}

/// What a program may have done before its driver or does after it; those that need it are left out without root.
let oddities = [
  "ignores its children", "reaps its children unseen", "waits for any child", "blocks signals",
  "handles signals",
  "moves", "changes its root", "becomes nobody", "forks",
]

// nonisolated(unsafe): the function has no state; Swift's own name for it is withheld.
private nonisolated(unsafe) let forkProcess: @convention(c) () -> Int32 = {
  guard let symbol = dlsym(nil, "fork") else { fail("there is no fork") }
  return unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)
}()

private func beOdd(_ oddity: String) {
  switch oddity {
  case "ignores its children": signal(SIGCHLD, SIG_IGN)
  case "reaps its children unseen":
    var action = sigaction()
    action.sa_flags = SA_NOCLDWAIT
    sigaction(SIGCHLD, &action, nil)
  case "blocks signals":
    var all = sigset_t()
    sigfillset(&all)
    sigprocmask(SIG_SETMASK, &all, nil)
  case "handles signals":
    for number in [SIGPIPE, SIGCHLD, SIGUSR1, SIGTERM, SIGHUP, SIGALRM] { signal(number) { _ in } }
    // Interrupts whatever can be interrupted, a thousand times a second.
    var timer = itimerval()
    timer.it_interval.tv_usec = 1000
    timer.it_value.tv_usec = 1000
    setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
  default: break
  }
}

/// The same once the driver is there.
private func becomeOdd(_ oddity: String) {
  switch oddity {
  case "waits for any child":
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { _ in
        var status: Int32 = 0
        while true { if waitpid(-1, &status, 0) < 0 { usleep(200) } }
      }, nil)
  case "moves":
    _ = setsid()
    _ = setpgid(0, 0)
    umask(0o777)
    guard chdir("/") == 0 else { fail("chdir: \(errno)") }
  case "changes its root":
    guard getuid() == 0 else { return }
    let scratch = makeScratch()
    guard chroot(scratch) == 0, chdir("/") == 0 else { fail("chroot: \(errno)") }
  case "becomes nobody":
    guard getuid() == 0 else { return }
    guard setgid(65_534) == 0, setuid(65_534) == 0 else { fail("setuid: \(errno)") }
  case "forks":
    for _ in 0..<20 {
      let child = forkProcess()
      if child == 0 {
        do {
          _ = try square.map([1, 2, 3]).blocking.collect()
          _exit(1)
        } catch {
          _exit("\(error)".contains("is a fork of the one that made the driver") ? 0 : 2)
        }
      }
      var status: Int32 = 0
      waitpid(child, &status, 0)
      expectEqual(status, 0, "what the fork was told")
    }
  default: break
  }
}

/// Runs the program of this name.
func runHost(_ name: String, _ arguments: [String]) -> Never {
  let numbers = arguments.compactMap { Int($0) }
  switch name {
  case "works": host { _ in try await workAll() }
  case "works-plainly": workPlainly()
  case "works-again": host(start: .reexec) { _ in try await workAll() }
  case "works-for-long":
    host { _ in
      say("READY")
      try await workAll(numbers[0])
    }
  case "loses-its-keeper":
    host { driver in
      try await workAll()
      let before = descendants()
      guard let keeper = descendant(named: "gantry-keeper") else { fail("there is no keeper") }
      kill(keeper, SIGKILL)
      let error = require(await thrown { while true { try await workAll() } }, GantryError.self)
      await driver.shutdown()
      // Its zygote had to kill them first; what this process adopts of them, as the first of its namespace, is reaped.
      let left = descendants().filter { left in before.contains { $0.pid == left.pid } }
      expect(left.isEmpty, "after \(error) there are still \(left)")
    }
  case "idles":
    host { _ in
      try await workAll()
      let family = [getpid()] + descendants().map(\.pid)
      func switches() -> Int { family.reduce(0) { $0 + contextSwitches($1) } }
      try await rest(200)
      let before = switches()
      try await rest(2000)
      say("context switches of \(family.count) idle processes in two seconds: \(switches() - before)")
    }
  case "limited":
    limit(numbers[0], UInt(numbers[1]))
    host { _ in try await workAll() }
  case "limited-again":
    limit(numbers[0], UInt(numbers[1]))
    host(start: .reexec) { _ in try await workAll() }
  case "silent":
    for fd in Int32(0)...2 where numbers.contains(Int(fd)) { close(fd) }
    // At once: Dispatch opens descriptors of its own with the first task.
    host(check: {
      for fd in numbers {
        var buffer = [CChar](repeating: 0, count: 256)
        let count = readlink("/proc/self/fd/\(fd)", &buffer, buffer.count)
        let target = String(
          decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        expect(
          !target.contains("anon_inode:") && !isOfGantry(target) && !target.contains("socket:"), target
        )
      }
    }) { _ in
      for round in 0..<3 {
        print(String(repeating: "this goes nowhere \(round) ", count: 1000))
        fflush(nil)
        try await workAll()
      }
    }
  case "closes-descriptors":
    host { _ in
      try await workAll()
      async let results = slow.map(0..<4000).collect()
      try await rest(numbers.first ?? 300)
      for fd in Int32(3)..<1000 { close(fd) }
      do {
        _ = try await results
        fail("nothing was thrown")
      } catch let error as GantryError {
        say("\(error)")
      }
      _ = try await square.map(0..<10).collect()
      fail("nothing was thrown")
    }
  case "closes-idle":
    host { _ in
      try await workAll()
      for fd in Int32(3)..<1000 { close(fd) }
      _ = try await square.map(0..<10).collect()
      fail("nothing was thrown")
    }
  case "odd":
    beOdd(arguments[0])
    host(start: arguments[1] == "again" ? .reexec : .automatic) { _ in
      async let running = slow.map(0..<1000).collect()
      try await workAll()
      becomeOdd(arguments[0])
      try await workAll()
      let results = try await overdue.map([1, -1, 2]).results.collect()
      expectEqual(results.map { (try? $0.get()) ?? 0 }, [1, 0, 2], "what a timeout leaves")
      expectEqual(try await running, (0..<1000).map { $0 * 3 }, "what ran meanwhile")
    }
  case "exhausts-descriptors":
    limit(7, UInt(numbers.first ?? 100))
    host { _ in
      _ = try await square.map(0..<1000).collect()
      async let running = slow.map(0..<2000).collect()
      try await rest(50)
      var held: [Int32] = []
      while true {
        let fd = open("/dev/null", O_RDONLY | O_CLOEXEC)
        if fd < 0 { break }
        held.append(fd)
      }
      do {
        expectEqual(try await doubled.map((0..<100).map { "\($0)" }).collect().count, 100, "meanwhile")
        say("delivered without descriptors")
      } catch let error as GantryError {
        say("without descriptors: \(error)")
      }
      expectEqual(try await running, (0..<2000).map { $0 * 3 }, "the map under way")
      for fd in held { close(fd) }
      try await workAll()
    }
  case "crowd":
    host([crowded]) { driver in
      for _ in 0..<3 {
        expectEqual(
          try await crowded.map(0..<5000).collect(), (0..<5000).map { $0 + 7 }, "the crowd's outputs")
      }
      say("containers: \(driver.statistics.functions[0].containers.count)")
    }
  case "greedy":
    // A driver with memory of its own, which every fork of it shares and is counted for, too.
    let heap = [UInt8](repeating: 1, count: (numbers.count > 1 ? numbers[1] : 1) << 20)
    host { _ in
      if arguments.contains("zygote"), let zygote = descendant(named: "gantry-zygote") {
        expectEqual(try await greedy.remote(1), 1)
        writeFile("/proc/\(zygote)/oom_score_adj", "1000")
      }
      let inputs = [1, numbers[0], 2, 3]
      let results = try await greedy.map(inputs).results.collect()
      for (place, result) in results.enumerated() { say("\(inputs[place]): \(result)") }
      try await workAll()
      expectEqual(heap.last, 1)
    }
  default: fail("no host is named \(name)")
  }
}
