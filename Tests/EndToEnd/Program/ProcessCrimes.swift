// What a function can do to its own process and to those around it: descriptors, children, signals, limits, exits.
// Committed inside containers. Calls that Swift does not import are looked up by name.

import Dispatch
import Gantry
import Glibc

/// Damage to processes.
enum ProcessCrime: Int, CaseIterable {
  // Descriptors.
  case closeDescriptors, closeAllDescriptors, closeStandardError, reuseDescriptors, fillStandardError
  // Children.
  case forkSleeper, forkScreamer, forkDaemon, forkIntoLoop, forkAndDie
  // Exits.
  case exitInHandler, exitInThread, exitBehindItself, abortInHandler, execTrue, execNothing
  // Signals.
  case blockSignals, ignoreSignals, trapBehindBlock
  // Surroundings.
  case leaveGroup, leaveSession, noFiles, littleMemory, littleTime, noFileSize, otherRoot, lowPriority
  case noDeathSignal, notSubreaper, traceMe, traceMeAndTrap, killNobody

  /// What must become of the input; nil: its right output.
  var status: ContainerExit.Status? {
    switch self {
    case .exitInHandler: .exit(5)
    case .exitInThread, .execTrue: .exit(0)
    case .abortInHandler: .signal(SIGABRT, name: "SIGABRT")
    case .forkAndDie: .signal(SIGKILL, name: "SIGKILL")
    case .littleTime: .signal(SIGXCPU, name: "SIGXCPU")
    case .trapBehindBlock, .traceMeAndTrap: Death.outOfRange.status
    default: nil
    }
  }

  /// Whether its container dies behind it, over whatever runs then.
  var strikesOthers: Bool {
    switch self {
    case .exitBehindItself, .littleMemory, .littleTime: true
    default: false
    }
  }

  func commit() {
    switch self {
    case .closeDescriptors: for fd in 3..<1024 { close(Int32(fd)) }
    case .closeAllDescriptors: for fd in 0..<1024 { close(Int32(fd)) }
    case .closeStandardError: close(2)
    case .reuseDescriptors:
      for fd in 0..<1024 { close(Int32(fd)) }
      // The numbers of its doorbell and its standard error belong to other files now.
      for _ in 0..<16 { _ = open("/dev/null", O_RDWR) }
    case .fillStandardError:
      let block = [UInt8](repeating: 0x78, count: 1 << 16)
      for _ in 0..<64 { _ = write(2, block, block.count) }
    case .forkSleeper: spawnChild { while true { sleep(1000) } }
    case .forkScreamer:
      spawnChild {
        let line = Array("still here\n".utf8)
        while write(2, line, line.count) > 0 {}
        while true { sleep(1000) }
      }
    case .forkDaemon:
      spawnChild {
        setsid()
        for number in 1..<32 { signal(Int32(number), SIG_IGN) }
        spawnChild { while true { sleep(1000) } }
        _exit(0)
      }
    // The child goes on with the container's work, as a function does that forgets what fork returns twice.
    case .forkIntoLoop: _ = System.fork()
    case .forkAndDie:
      spawnChild {
        setsid()
        while true { sleep(1000) }
      }
      kill(getpid(), SIGKILL)
    case .exitInHandler:
      atexit { exit(5) }
      exit(4)
    case .exitInThread:
      startDetached { _exit(0) }
      while true { pause() }
    case .exitBehindItself:
      startDetached {
        usleep(2000)
        _exit(6)
      }
    case .abortInHandler:
      signal(SIGUSR1) { _ in abort() }
      // Dispatch's threads block it.
      var none = sigset_t()
      sigemptyset(&none)
      pthread_sigmask(SIG_SETMASK, &none, nil)
      raise(SIGUSR1)
    case .execTrue: execute("/bin/true")
    case .execNothing: execute("/nonexistent")
    case .blockSignals:
      var all = sigset_t()
      sigfillset(&all)
      pthread_sigmask(SIG_SETMASK, &all, nil)
    case .ignoreSignals: for number in 1..<65 { signal(Int32(number), SIG_IGN) }
    case .trapBehindBlock:
      ProcessCrime.blockSignals.commit()
      die(.outOfRange)
    case .leaveGroup: setpgid(0, 0)
    case .leaveSession: setsid()
    case .noFiles: limit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), 0)
    case .littleMemory: limit(__rlimit_resource_t(RLIMIT_AS.rawValue), 1 << 20)
    case .littleTime:
      limit(__rlimit_resource_t(RLIMIT_CPU.rawValue), 1)
      while true { spinALittle() }
    case .noFileSize: limit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), 0)
    case .otherRoot:
      chroot("/proc/self/fdinfo")
      chdir("/")
    case .lowPriority: _ = nice(19)
    case .noDeathSignal: System.prctl(1, 0)
    case .notSubreaper:
      System.prctl(36, 0)
      ProcessCrime.forkDaemon.commit()
    case .traceMe: System.traceMe()
    case .traceMeAndTrap:
      System.traceMe()
      die(.outOfRange)
    case .killNobody: kill(1 << 22 + 1, SIGKILL)
    }
  }
}

/// Runs a body in a child process, which never returns from it.
func spawnChild(_ body: () -> Void) {
  if System.fork() == 0 {
    body()
    _exit(0)
  }
}

func startDetached(_ body: @escaping @Sendable () -> Void) {
  final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  pthread_create(
    &thread, nil,
    { argument in
      guard let argument else { return nil }
      Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
      return nil
    }, Unmanaged.passRetained(Box(body)).toOpaque())
  pthread_detach(thread)
}

/// Takes a program's place.
func execute(_ path: String, _ arguments: String...) {
  var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
  words.append(nil)
  execv(path, words)
}

func spinALittle() {
  var x: UInt64 = UInt64(getpid())
  for _ in 0..<1000 { x = x &* 6_364_136_223_846_793_005 &+ 1 }
  if x == 1 { print(x) }
}

private func limit(_ resource: __rlimit_resource_t, _ value: UInt) {
  var limit = rlimit(rlim_cur: value, rlim_max: value + 10)
  setrlimit(resource, &limit)
}

/// Calls that Swift does not import: they are variadic, or thought to be of no use.
enum System {
  typealias Nullary = @convention(c) () -> Int32
  typealias Words = @convention(c) (Int, Int, Int, Int, Int) -> Int

  @discardableResult
  static func fork() -> Int32 { function("fork", Nullary.self)() }

  static func prctl(_ option: Int, _ value: Int) { _ = function("prctl", Words.self)(option, value, 0, 0, 0) }

  /// PTRACE_TRACEME: the parent, a zygote, becomes the tracer of its container.
  static func traceMe() { _ = function("ptrace", Words.self)(0, 0, 0, 0, 0) }

  private static func function<F>(_ name: String, _ type: F.Type) -> F {
    guard let symbol = dlsym(nil, name) else { fail("there is no \(name)") }
    // A C function of that type, by the manual page.
    return unsafeBitCast(symbol, to: type)
  }
}
