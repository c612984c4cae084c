// Promises about rate limits: no span holds more starts than allowed, over all containers, maps and retries.

import Gantry
import Glibc

private let limit = RateLimit(count: 5, per: .milliseconds(200))

/// The time now, on the clock that all processes share.
private func clock() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

private let quick = Function("quick", options: .init(maxContainers: 3, rateLimit: limit)) {
  (x: Int) -> [Int] in
  [clock(), Int(getpid())]
}
private let slow = Function("slow", options: .init(maxContainers: 8, rateLimit: limit)) { (x: Int) -> [Int] in
  let start = clock()
  nap(350)
  return [start, Int(getpid())]
}
private let gentle = Function("gentle", options: .init(maxContainers: 3, rateLimit: limit)) {
  (x: Int) async throws -> [Int] in
  let start = clock()
  try await Task.sleep(nanoseconds: 5_000_000)
  return [start, Int(getpid())]
}
private struct Refusal: Error {}
/// The starts of each input on the board, from slot 100 on; the first two of each fail.
private let failing = Function(
  "failing",
  options: .init(
    maxContainers: 3, retries: .init(maxRetries: 2, initialDelay: .zero),
    crashRetries: .init(maxRetries: 2, initialDelay: .zero), rateLimit: limit)
) { (x: Int) in
  let start = clock()
  let attempt = Board.add(x)
  Board.set(100 + 3 * x + attempt - 1, start)
  if attempt == 1 { throw Refusal() }
  if attempt == 2 { die(.killedByItself) }
}
private let single = Function(
  "single", options: .init(maxContainers: 2, rateLimit: .init(count: 1, per: .milliseconds(20)))
) { (x: Int) -> [Int] in [clock(), Int(getpid())] }
private let generous = Function(
  "generous", options: .init(maxContainers: 2, rateLimit: .init(count: 100_000, per: .seconds(1)))
) { (x: Int) in x + 1 }

/// No `count` + 1 of these starts lie within the span.
private func expectRate(_ starts: [Int], _ limit: RateLimit, line: Int = #line) {
  let starts = starts.sorted()
  for (index, (first, last)) in zip(starts, starts.dropFirst(limit.count)).enumerated() {
    let span = Duration.nanoseconds(last - first)
    expect(span > limit.per, "\(limit.count + 1) starts from \(index) on lie within \(span)", line: line)
  }
}

let rateScenarios = ScenarioGroup(
  name: "rate",
  scenarios: [
    Scenario(name: "no span holds more starts than allowed", functions: [quick, gentle, slow, single]) { _ in
      expectRate(try await quick.map(0..<32).collect().map { $0[0] }, limit)
      expectRate(try await gentle.map(0..<22).collect().map { $0[0] }, limit)
      expectRate(
        try await single.map(0..<40).collect().map { $0[0] }, .init(count: 1, per: .milliseconds(20)))
      let slow = try await slow.map(0..<22).collect()
      expectRate(slow.map { $0[0] }, limit)
      expect(Set(slow.map { $0[1] }).count > 2, "several containers shared the limit")
    },
    Scenario(name: "several maps and calls share the limit of their function", functions: [slow]) { _ in
      async let one = slow.map(0..<12).collect()
      async let two = slow.map(0..<12, orderOutputs: false).collect()
      async let three = slow.remote(1)
      expectRate(try await (one + two + [three]).map { $0[0] }, limit)
    },
    Scenario(name: "retries are starts as well", functions: [failing]) { _ in
      try await failing.forEach(0..<8)
      let starts = (0..<24).map { Board.value(100 + $0) }
      expect(starts.allSatisfy { $0 > 0 }, "each was started three times: \(starts)")
      expectRate(starts, limit)
    },
    Scenario(name: "a call that was cancelled leaves the limit usable", functions: [slow]) { _ in
      for round in 0..<3 {
        for try await _ in slow.map(0..<1000) { break }
        expectEqual(try await slow.remote(round).count, 2, "the next call")
      }
    },
    Scenario(name: "a limit nobody reaches changes nothing", functions: [generous]) { _ in
      expectEqual(try await generous.map(0..<2000).collect(), Array(1...2000), "the outputs")
    },
  ])
