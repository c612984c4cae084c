// What scenarios share: sequences that count what is taken from them, and memory that containers and program share.
// No Foundation.

import Gantry
import Glibc
import Synchronization

/// How many elements were taken from a sequence.
final class Tally: Sendable {
  private let number = Atomic<Int>(0)
  var taken: Int { number.load(ordering: .sequentiallyConsistent) }
  func note() { number.add(1, ordering: .sequentiallyConsistent) }
}

/// The numbers from 0 up to a count or for ever, each counted as it is taken, the given ones after a pause.
struct Counted: Sequence, Sendable {
  var tally = Tally()
  var count = Int.max
  var pauseMilliseconds = 0
  var pausesBefore: @Sendable (Int) -> Bool = { _ in true }

  struct Iterator: IteratorProtocol {
    let base: Counted
    var upcoming = 0

    mutating func next() -> Int? {
      if base.pauseMilliseconds > 0, base.pausesBefore(upcoming) { nap(base.pauseMilliseconds) }
      guard upcoming < base.count else { return nil }
      base.tally.note()
      defer { upcoming += 1 }
      return upcoming
    }
  }

  func makeIterator() -> Iterator { Iterator(base: self) }
}

/// Any sequence without its identity: read by a feeder, whatever it is.
func unknown<S: Sequence & Sendable>(_ sequence: S) -> some Sequence<S.Element> & Sendable {
  UnknownSequence(base: sequence)
}

private struct UnknownSequence<S: Sequence & Sendable>: Sequence, Sendable {
  let base: S
  func makeIterator() -> S.Iterator { base.makeIterator() }
}

func nap(_ milliseconds: Int) {
  let pause = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
  _ = clock_nanosleep(CLOCK_MONOTONIC, 0, [pause], nil)
}

func rest(_ milliseconds: Int) async throws {
  try await Task.sleep(nanoseconds: UInt64(milliseconds) * 1_000_000)
}

/// Counters that the program and all its containers see.
enum Board {
  static let size = 4096

  // nonisolated(unsafe): atomics in a mapping that stays for ever.
  private nonisolated(unsafe) static let base: UnsafeMutablePointer<Atomic<Int>> = {
    let bytes = size * MemoryLayout<Atomic<Int>>.stride
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file(bytes), 0)
    guard let memory, memory != MAP_FAILED else { fatalError("No shared page for a test: \(errno).") }
    return memory.assumingMemoryBound(to: Atomic<Int>.self)
  }()

  /// A file without a name, which a program that is started again finds through the environment.
  private static func file(_ bytes: Int) -> Int32 {
    if let path = getenv("GANTRY_TEST_BOARD") {
      let file = open(path, O_RDWR | O_CLOEXEC)
      if file >= 0 { return file }
    }
    var template = Array("/tmp/gantry-board-XXXXXX".utf8CString)
    let file = mkstemp(&template)
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    unlink(template)
    guard file >= 0, ftruncate(file, bytes) == 0 else { fatalError("No shared file for a test: \(errno).") }
    setenv("GANTRY_TEST_BOARD", "/proc/\(getpid())/fd/\(file)", 1)
    return file
  }

  /// Makes it; called before the driver is made, so that containers inherit it.
  static func prepare() { _ = base }

  static func value(_ slot: Int) -> Int { base[slot].load(ordering: .sequentiallyConsistent) }

  @discardableResult
  static func add(_ slot: Int, _ value: Int = 1) -> Int {
    base[slot].add(value, ordering: .sequentiallyConsistent).newValue
  }

  static func set(_ slot: Int, _ value: Int) { base[slot].store(value, ordering: .sequentiallyConsistent) }

  /// Waits until a slot has reached a value; whoever waits in vain is ended by the watchdog.
  static func await(_ slot: Int, atLeast value: Int) {
    while self.value(slot) < value { nap(1) }
  }

  /// Counts those who run at the same time between `enter` and `leave`: the present in one slot, the most in the next.
  static func enter(_ slot: Int) {
    let now = add(slot)
    _ = base[slot + 1].max(now, ordering: .sequentiallyConsistent)
  }

  static func leave(_ slot: Int) { add(slot, -1) }
}

/// Everything a sequence of results gives.
func all<S: AsyncSequence>(_ sequence: S) async throws -> [S.Element] {
  var elements: [S.Element] = []
  for try await element in sequence { elements.append(element) }
  return elements
}

/// The error a body throws; none is a failure.
func thrown(line: Int = #line, _ body: () async throws -> Void) async -> any Error {
  do {
    try await body()
  } catch {
    return error
  }
  fail("line \(line): nothing was thrown")
}

/// The error, if it is of a type; another one is a failure.
func require<E: Error>(_ error: any Error, _ type: E.Type, line: Int = #line) -> E {
  guard let error = error as? E else { fail("line \(line): \(error) is no \(type)") }
  return error
}

/// What a function threw, if that is why the input failed.
func thrownByFunction(_ error: any Error, line: Int = #line) -> UserCodeError {
  let error = require(error, InputError.self, line: line)
  guard case .threw(let inner) = error.reason else { fail("line \(line): \(error) is no thrown error") }
  return inner
}

/// The least that containers run with; without a limit under AddressSanitizer, whose shadow of all memory is allocated, too.
let littleMemory: Int? = dlsym(nil, "__asan_init") == nil ? 64 << 20 : nil
