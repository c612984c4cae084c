// What the program and all its containers see: which input each container runs, how often each was begun and ended, who
// killed whom. Containers write it from the user's function alone; a container that dies leaves its row as it was.

import CGantryRing
import Glibc
import Synchronization

/// The ways to die, counted as they happen, and other events that only the one they happen to can count.
enum Event: Int, CaseIterable {
  case step, killsItself, killedAnywhere, killedFromOutside, killedWhileStopped, stopped, traps, exits
  case writesWildly, aborts, busError, faultAnywhere, faultFromOutside, zygoteKilled, overran
  /// A sleeper that nobody woke: the time limit ended its sleep.
  case wokenLate

  var name: String {
    switch self {
    case .step: "SIGKILL at a step of the protocol"
    case .killsItself: "SIGKILL in the function"
    case .killedAnywhere: "SIGKILL at a random moment after an input"
    case .killedFromOutside: "SIGKILL from outside"
    case .killedWhileStopped: "SIGSTOP, then SIGKILL"
    case .stopped: "SIGSTOP, then SIGCONT"
    case .traps: "Swift traps"
    case .exits: "exits"
    case .writesWildly: "SIGSEGV of a wild write"
    case .aborts: "SIGABRT"
    case .busError: "SIGBUS"
    case .faultAnywhere: "SIGSEGV at a random moment after an input"
    case .faultFromOutside: "SIGSEGV from outside"
    case .zygoteKilled: "zygotes killed"
    case .overran: "inputs beyond their timeout"
    case .wokenLate: "sleeps that only their time limit ended"
    }
  }

  /// Whether a container dies of it by our hand.
  var isKill: Bool {
    switch self {
    case .stopped, .zygoteKilled, .overran, .wokenLate: false
    default: true
    }
  }
}

/// The shared memory.
enum Board {
  /// Inputs of one round, and containers that may run some.
  static let mostInputs = 1 << 24
  static let mostRows = 1 << 15
  /// Inputs a container may run at a time.
  static let slots = 8

  private typealias Word = Atomic<Int>
  private static let eventsAt = 8
  private static let rowsAt = 64
  private static let rowWords = 16
  private static let inputsAt = rowsAt + mostRows * rowWords
  private static let words = inputsAt + mostInputs * 2

  // nonisolated(unsafe): atomics in a mapping that stays for ever.
  private nonisolated(unsafe) static let base: UnsafeMutablePointer<Atomic<Int>> = {
    let bytes = words * MemoryLayout<Int>.stride
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file(bytes), 0)
    guard let memory, memory != MAP_FAILED else { fatalError("No shared memory for the board: \(errno).") }
    return memory.assumingMemoryBound(to: Atomic<Int>.self)
  }()

  /// A file without a name, which a zygote that is this program started again finds through the environment.
  private static func file(_ bytes: Int) -> Int32 {
    if let path = getenv("GANTRY_SOAK_BOARD") {
      let file = open(path, O_RDWR | O_CLOEXEC)
      if file >= 0 { return file }
    }
    // In memory, where it can be: the kernel would write another file's changed pages to the disk all the time.
    var template = Array(
      (access("/dev/shm", W_OK) == 0 ? "/dev/shm/soak-XXXXXX" : "/tmp/soak-XXXXXX").utf8CString)
    let file = mkstemp(&template)
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    unlink(template)
    guard file >= 0, ftruncate(file, bytes) == 0 else { fatalError("No file for the board: \(errno).") }
    setenv("GANTRY_SOAK_BOARD", "/proc/\(getpid())/fd/\(file)", 1)
    return file
  }

  /// Makes it; called before the driver is made, so that containers inherit it.
  static func prepare() {
    _ = base
    gantry_hooks_watch { step in
      Board.count(step == Int32(GANTRY_STEP_WOKEN_LATE) ? .wokenLate : .step)
    }
  }

  // MARK: Events

  /// Safe in a signal handler.
  static func count(_ event: Event, _ number: Int = 1) {
    base[eventsAt + event.rawValue].add(number, ordering: .relaxed)
  }

  static func counted(_ event: Event) -> Int { base[eventsAt + event.rawValue].load(ordering: .relaxed) }

  // MARK: Rows, one a container

  /// This process's row; taken when its first input begins, so never by the zygote.
  private static let row: Int = {
    let taken = base[0].add(1, ordering: .relaxed).oldValue
    guard taken < mostRows else { fatalError("More containers than rows.") }
    let at = rowsAt + taken * rowWords
    base[at].store(Int(getpid()), ordering: .sequentiallyConsistent)
    return at
  }()

  static var rows: Int { min(mostRows, base[0].load(ordering: .sequentiallyConsistent)) }

  /// What a row says: its process, the input that ended last, and those that run.
  struct Row {
    var pid: Int32
    var lastEnded: Int?
    var running: [Int]
  }

  static func row(_ number: Int) -> Row {
    let at = rowsAt + number * rowWords
    func word(_ place: Int) -> Int { base[at + place].load(ordering: .sequentiallyConsistent) }
    let last = word(1)
    return Row(
      pid: Int32(truncatingIfNeeded: word(0)), lastEnded: last == 0 ? nil : last - 1,
      running: (0..<slots).map { word(2 + $0) }.filter { $0 != 0 }.map { $0 - 1 })
  }

  // MARK: Inputs

  /// One run of an input, between its two marks.
  struct Visit {
    var id: Int
    /// How many runs were begun before.
    var run: Int
    fileprivate var slot: Int
  }

  /// The first thing in a body.
  static func enter(_ id: Int, alone: Bool = true) -> Visit {
    let at = inputsAt + id * 2
    base[at + 1].store(Int(monotonic()), ordering: .relaxed)
    let run = base[at].add(1, ordering: .relaxed).oldValue & 0xffff_ffff
    var slot = row + 2
    if alone {
      base[slot].store(id + 1, ordering: .sequentiallyConsistent)
    } else {
      while !base[slot].compareExchange(expected: 0, desired: id + 1, ordering: .sequentiallyConsistent)
        .exchanged
      {
        slot = slot + 1 < row + 2 + slots ? slot + 1 : row + 2
      }
    }
    return Visit(id: id, run: run, slot: slot)
  }

  /// The last thing in a body.
  static func leave(_ visit: Visit) {
    base[row + 1].store(visit.id + 1, ordering: .relaxed)
    base[inputsAt + visit.id * 2].add(1 << 32, ordering: .relaxed)
    base[visit.slot].store(0, ordering: .sequentiallyConsistent)
  }

  static func begun(_ id: Int) -> Int { base[inputsAt + id * 2].load(ordering: .relaxed) & 0xffff_ffff }
  static func ended(_ id: Int) -> Int { base[inputsAt + id * 2].load(ordering: .relaxed) >> 32 }
  /// When its last run began, in nanoseconds of the monotonic clock.
  static func beganAt(_ id: Int) -> Int { base[inputsAt + id * 2 + 1].load(ordering: .relaxed) }
}

/// Nanoseconds of the monotonic clock.
func monotonic() -> UInt64 {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}
