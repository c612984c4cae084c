// The ways to end a container that crash scenarios use, and what is expected of each.

import Gantry
import Glibc

/// The ways to end a container; an input names one by its number.
enum Death: Int, CaseIterable {
  case killedByItself, killedByAnother, outOfRange, noValue, overflow, fatalError, badAddress, beyondFile,
    abort
  case exitsWithZero, exitsWithThree, returnsToExit, terminated, floatingPoint

  /// What is reported, where all agree on it.
  var status: ContainerExit.Status {
    #if arch(x86_64)
    let trap = ContainerExit.Status.signal(SIGILL, name: "SIGILL")
    #else
    let trap = ContainerExit.Status.signal(SIGTRAP, name: "SIGTRAP")
    #endif
    return switch self {
    case .killedByItself, .killedByAnother: .signal(SIGKILL, name: "SIGKILL")
    case .outOfRange, .noValue, .overflow, .fatalError: trap
    case .badAddress: .signal(SIGSEGV, name: "SIGSEGV")
    case .beyondFile: .signal(SIGBUS, name: "SIGBUS")
    case .abort: .signal(SIGABRT, name: "SIGABRT")
    case .exitsWithZero: .exit(0)
    case .exitsWithThree: .exit(3)
    case .returnsToExit: .exit(7)
    case .terminated: .signal(SIGTERM, name: "SIGTERM")
    case .floatingPoint: .signal(SIGFPE, name: "SIGFPE")
    }
  }
}

/// Ends this process in that way.
func die(_ way: Death) {
  let nothing = Array(CommandLine.arguments.dropFirst(1000))
  switch way {
  case .killedByItself: kill(getpid(), SIGKILL)
  case .killedByAnother: _ = system("kill -9 $PPID")
  case .outOfRange: blackHole(nothing[way.rawValue].count)
  case .noValue: blackHole(nothing.first.unsafeCount)
  case .overflow: blackHole(Int.max - way.rawValue + CommandLine.arguments.count * 1000)
  case .fatalError: Swift.fatalError("the ladder broke at rung \(way.rawValue)")
  case .badAddress: UnsafeMutablePointer<Int>(bitPattern: 64 + nothing.count)?.pointee = 1
  case .beyondFile: touchBeyondFile()
  case .abort: Glibc.abort()
  case .exitsWithZero: _exit(0)
  case .exitsWithThree: _exit(3)
  case .returnsToExit: exit(7)
  case .terminated: kill(getpid(), SIGTERM)
  case .floatingPoint: raise(SIGFPE)
  }
  // Whoever was killed by another waits for it here.
  while true { pause() }
}

extension String? {
  // swift-format-ignore: NeverForceUnwrap
  fileprivate var unsafeCount: Int { self!.count }
}

@inline(never)
private func blackHole(_ value: Int) {
  if value == getpid() + 1 { print(value) }
}

private func touchBeyondFile() {
  var path = Array("/tmp/gantry-short-XXXXXX".utf8CString)
  let fd = mkstemp(&path)
  unlink(path)
  let page = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
  page?.storeBytes(of: 1, as: UInt8.self)
}
/// Squares below 1000; from there on the thousands name a death.
func squareOrDie(_ x: Int) -> Int {
  if x >= 1000, let way = Death(rawValue: x / 1000 - 1) { die(way) }
  return x * x
}

/// The failure of a crash, or the end of the scenario.
func expectCrash<T>(
  _ result: Result<T, InputError>, _ status: ContainerExit.Status, attempts: Int, index: Int,
  line: Int = #line
) -> ContainerExit? {
  guard case .failure(let error) = result, case .crashed(let exit) = error.reason else {
    fail("line \(line): input \(index) is \(result) instead of a crash")
  }
  expectEqual(exit.status, status, "the status of input \(index)", line: line)
  expectEqual(error.attempts, attempts, "the attempts of input \(index)", line: line)
  expectEqual(error.index, index, "the index", line: line)
  expect(exit.pid > 0, "a container has a pid", line: line)
  return exit
}
