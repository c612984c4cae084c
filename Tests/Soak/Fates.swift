// What becomes of one run of an input: mostly nothing. It follows from the seed, the input and how often it ran before,
// so that the driver knows which runs throw.

import Glibc
import TestSupport

/// How dangerous a function is, in runs of ten thousand.
struct Dangers: Sendable {
  var deaths = 40
  /// Runs that start a timer which kills the container some time later, wherever it is then.
  var timers = 40
  var naps = 30
  /// The longest nap, in microseconds.
  var longestNap = 2000
  var throwing = 0
  var overruns = 0

  static let quiet = Dangers(deaths: 0, timers: 0, naps: 0)
}

/// What a body throws.
struct Trouble: Error, Codable { var id: Int }

enum Fate {
  case none
  case dies(Int)
  case timer(Int)
  case nap(Int)
  case throwing
  case overrun

  init(_ visit: Board.Visit, _ dangers: Dangers) { self.init(id: visit.id, run: visit.run, dangers) }

  init(id: Int, run: Int, _ dangers: Dangers) {
    var random = SeededGenerator(seed: Plan.current.seed ^ UInt64(id) << 16 ^ UInt64(run))
    var draw = Int(random.next() % 10_000)
    let more = Int(random.next() >> 1)
    func isDrawn(_ share: Int) -> Bool {
      draw -= share
      return draw < 0
    }
    self =
      if isDrawn(dangers.deaths) {
        .dies(more)
      } else if isDrawn(dangers.timers) {
        // Mostly soon: between two inputs, or in the publication after the chunk.
        .timer(1 + more % (more % 3 == 0 ? 3000 : 60))
      } else if isDrawn(dangers.naps) {
        .nap(more % dangers.longestNap)
      } else if isDrawn(dangers.throwing) {
        .throwing
      } else if isDrawn(dangers.overruns) {
        .overrun
      } else {
        .none
      }
  }
}

/// Suffers a fate in a synchronous body.
@inline(never)
func suffer(_ visit: Board.Visit, _ dangers: Dangers) throws {
  switch Fate(visit, dangers) {
  case .none: break
  case .dies(let way): die(way)
  case .timer(let microseconds): startTimer(microseconds)
  case .nap(let microseconds): usleep(UInt32(microseconds))
  case .throwing:
    Board.leave(visit)
    throw Trouble(id: visit.id)
  case .overrun:
    Board.count(.overran)
    sleep(60)
  }
}

/// Suffers it in an asynchronous one.
func sufferAsync(_ visit: Board.Visit, _ dangers: Dangers) async throws {
  switch Fate(visit, dangers) {
  case .none: break
  case .nap(let microseconds):
    // Cancelled or not, it goes on.
    try? await Task.sleep(nanoseconds: UInt64(microseconds) * 1000)
  case .overrun:
    Board.count(.overran)
    while true { try await Task.sleep(nanoseconds: 1_000_000_000) }
  default: try suffer(visit, dangers)
  }
}

/// Ends this process in one of many ways; gentle plans have only those after which memory is believed.
private func die(_ number: Int) {
  let ways = Plan.current.isViolent ? 13 : 8
  let nothing = Array(CommandLine.arguments.dropFirst(1000))
  switch number % ways {
  case 0, 1, 2:
    Board.count(.killsItself)
    kill(getpid(), SIGKILL)
  case 3:
    Board.count(.traps)
    blackHole(nothing[number % 7].count)
  case 4:
    Board.count(.traps)
    blackHole(Int.max - number % 7 + CommandLine.arguments.count * 1000)
  case 5:
    Board.count(.traps)
    fatalError("the ladder broke")
  case 6:
    Board.count(.exits)
    _exit(Int32(number >> 8 & 3))
  case 7:
    Board.count(.exits)
    kill(getpid(), SIGTERM)
  case 8, 9:
    Board.count(.writesWildly)
    UnsafeMutablePointer<Int>(bitPattern: 64 + nothing.count)?.pointee = 1
  case 10, 11:
    Board.count(.aborts)
    abort()
  default:
    Board.count(.busError)
    kill(getpid(), SIGBUS)
  }
  while true { pause() }
}

/// Has the kernel kill this process in so many microseconds, whatever it does then.
private func startTimer(_ microseconds: Int) {
  signal(SIGALRM) { _ in
    let isFault = Plan.current.isViolent && getpid() % 4 == 0
    Board.count(isFault ? .faultAnywhere : .killedAnywhere)
    kill(getpid(), isFault ? SIGSEGV : SIGKILL)
  }
  var once = itimerval()
  once.it_value.tv_usec = microseconds
  setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &once, nil)
}

@inline(never)
private func blackHole(_ value: Int) {
  if value == getpid() + 1 { print(value) }
}
