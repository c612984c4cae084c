// The functions of a round. Each marks its input on the board first and last, suffers its fate between, and gives an
// output from which the driver sees that it is this input's and no other's.

import Gantry
import Glibc

/// The output of an input: numbers that no other input of the round has.
func answer(_ id: Int) -> Int { id &* 0x9E37_79B9 &+ 17 }

/// An output or an input of so many words that belongs to an id.
func words(_ id: Int, _ count: Int) -> [Int] { (0..<count).map { id &* 31 &+ $0 } }

func text(_ id: Int) -> String { "\(id)/" + String(repeating: "x", count: id % 200) }

/// How many words the large output of an input has: some fit a record, some the ring, some nothing.
func largeSize(_ id: Int) -> Int { [1, 3000, 8200, 33_000, 70_000, 140_000][id % 6] + id % 7 }

/// How many words a bulky input has: hundreds of KiB now and then.
func bulkySize(_ id: Int) -> Int { [10, 700, 9000, 40_000][id % 4] + id % 5 }

private let often = Retries(maxRetries: 40, initialDelay: .zero)

/// Made before the driver, by the round's plan.
struct Functions: Sendable {
  /// Those that run several inputs at a time.
  static let concurrentNames: Set = ["concurrent", "crowded"]
  static let limit = Duration.milliseconds(60)
  static let timed = Dangers(deaths: 20, timers: 20, naps: 20, overruns: 25)
  static let throwing = Dangers(throwing: 1500)
  static let plain = Dangers()

  let packed: Function<Int, Int>
  let patient: Function<Int, Int>
  let framed: Function<String, String>
  let asynchronous: Function<Int, Int>
  let concurrent: Function<Int, Int>
  let throwing: Function<Int, Int>
  let timed: Function<Int, Int>
  let crowded: Function<Int, Int>
  let large: Function<Int, [Int]>
  let uneven: Function<Int, Int>
  let bulky: Function<[Int], Int>
  let stealing: Function<Int, Int>
  let splitting: Function<Int, Int>
  let stateful: Function<Int, Int>
  let tiny: Function<Int, Int>
  let claiming: FunctionOptions
  let beginning: FunctionOptions

  var all: [any RegisteredFunction] {
    [
      packed, patient, framed, asynchronous, concurrent, throwing, timed, crowded, large, uneven, bulky,
      stealing,
      splitting, stateful, tiny,
    ]
  }

  init(_ plan: Plan) {
    packed = Function("packed", options: plan.options()) { (id: Int) in try visited(id, Functions.plain) }
    patient = Function("patient", options: plan.options(crashRetries: often)) { (id: Int) in
      try visited(id, Dangers(deaths: 100, timers: 60))
    }
    framed = Function("framed", options: plan.options(crashRetries: often)) { (input: String) in
      let id = Int(input.prefix { $0 != "/" }) ?? 0
      return try visited(id, Functions.plain) { input == text(id) ? "\(answer(id))" : "damaged" }
    }
    asynchronous = Function("asynchronous", options: plan.options()) { (id: Int) async throws -> Int in
      let visit = Board.enter(id)
      try await sufferAsync(visit, Functions.plain)
      if id % 16 == 0 { await Task.yield() }
      Board.leave(visit)
      return answer(id)
    }
    concurrent = Function("concurrent", options: plan.options(crashRetries: often, inputConcurrency: 6)) {
      (id: Int) async throws -> Int in
      let visit = Board.enter(id, alone: false)
      try await sufferAsync(visit, Dangers(deaths: 15, timers: 15, naps: 2000))
      Board.leave(visit)
      return answer(id)
    }
    throwing = Function("throwing", options: plan.options(retries: often, crashRetries: often)) {
      (id: Int) throws -> Int in try visited(id, Functions.throwing)
    }
    timed = Function("timed", options: plan.options(timeout: Functions.limit)) { (id: Int) in
      try visited(id, Functions.timed)
    }
    crowded = Function("crowded", options: plan.options(timeout: Functions.limit, inputConcurrency: 6)) {
      (id: Int) async throws -> Int in
      let visit = Board.enter(id, alone: false)
      try await sufferAsync(visit, Functions.timed)
      Board.leave(visit)
      return answer(id)
    }
    large = Function("large", options: plan.options(crashRetries: often)) { (id: Int) in
      try visited(id, Dangers(deaths: 150, timers: 300)) { words(id, largeSize(id)) }
    }
    // Cheap but for so few that the driver does not expect them: finished outputs wait behind a slow input, to be
    // harvested, and the rest to be split off.
    uneven = Function("uneven", options: plan.options(chunking: .fixed(200), least: 2)) { (id: Int) in
      try visited(id, Dangers(deaths: 2, timers: 4, naps: 2, longestNap: 30_000))
    }
    bulky = Function("bulky", options: plan.options(crashRetries: often)) { (input: [Int]) in
      let id = (input.first ?? 0) / 31
      return try visited(id, Dangers(deaths: 150, timers: 100)) {
        input == words(id, bulkySize(id)) ? answer(id) : -1
      }
    }
    stealing = Function("stealing", options: plan.options(chunking: .fixed(1), least: 3)) { (id: Int) in
      let visit = Board.enter(id)
      // Long enough that taking over pays, short enough that claims never cease.
      if id % 3 == 0 { spin(nanoseconds: 40_000) }
      try suffer(visit, Dangers(deaths: 8, timers: 8, naps: 60, longestNap: 2500))
      Board.leave(visit)
      return answer(id)
    }
    splitting = Function("splitting", options: plan.options(chunking: .fixed(4000), least: 3)) { (id: Int) in
      let visit = Board.enter(id)
      if id % 4000 == 3 { spin(nanoseconds: 1_500_000) }
      try suffer(visit, Dangers(deaths: 1, timers: 1, naps: 2, longestNap: 2500))
      Board.leave(visit)
      return answer(id)
    }
    tiny = Function("tiny", options: plan.options()) { (id: Int) in
      try visited(id, Dangers(deaths: 1, timers: 1, naps: 0)) {
        // Longer than it takes to hand it over, so that containers are at work and not waiting.
        spin(nanoseconds: 3000)
        return answer(id)
      }
    }
    // In each a container claims, or begins an input, all the time.
    claiming = plan.options(chunking: .fixed(1))
    beginning = plan.options(chunking: .fixed(300))
    // swift-format-ignore: OnlyOneTrailingClosureArgument
    stateful = Function(
      "stateful", options: plan.options(), enter: { 5 }, exit: { _ in usleep(20) }
    ) { (state: Int, id: Int) in try visited(id, Functions.plain) &+ state &- 5 }
  }
}

private func visited(_ id: Int, _ dangers: Dangers) throws -> Int {
  try visited(id, dangers) { answer(id) }
}

private func visited<Output>(_ id: Int, _ dangers: Dangers, _ output: () -> Output) throws -> Output {
  let visit = Board.enter(id)
  try suffer(visit, dangers)
  let output = output()
  Board.leave(visit)
  return output
}

private func spin(nanoseconds: UInt64) {
  let start = monotonic()
  while monotonic() - start < nanoseconds { continue }
}
