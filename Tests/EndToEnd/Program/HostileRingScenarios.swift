// Promises about containers that write nonsense into their own lanes.

import Gantry
import Glibc

private let retries = Retries(maxRetries: 1, initialDelay: .milliseconds(1))

/// Squares below 1000; from there on the thousands name a crime, and the rest how it is committed.
private func squareOrOffend(_ x: Int) -> Int {
  if x >= 1000, let crime = RingCrime(rawValue: x / 1000 - 1) {
    // What it has published may have been read: a tail that goes back then is seen to.
    HostileLane.own.awaitDrained()
    crime.commit()
    // It lingers until the driver has seen it, or goes on as if nothing had been.
    if x % 1000 == 0 { nap(10_000) }
  }
  return x * x
}

private let single = Function(
  "single",
  options: .init(maxContainers: 2, crashRetries: retries, chunking: .fixed(1), memoryLimit: littleMemory),
  squareOrOffend)
private let many = Function(
  "many", options: .init(maxContainers: 2, crashRetries: retries, memoryLimit: littleMemory), squareOrOffend)

/// 90 honest inputs with three hostile ones of a crime among them.
func infiltrated(by code: Int) -> [Int] {
  var inputs = Array(0..<90)
  for place in [7, 40, 80] { inputs.insert(code, at: place) }
  return inputs
}

private func check(
  _ results: [Result<Int, InputError>], _ inputs: [Int], _ crime: RingCrime, lingering: Bool,
  amidOthers: Bool
) {
  expectEqual(results.count, inputs.count, "the results of \(crime)")
  for (index, result) in results.enumerated() {
    let input = inputs[index]
    switch result {
    case .success(let output):
      if lingering, crime != .duplicate {
        expect(input < 1000, "input \(index), which commits \(crime), gave \(output)")
      }
      // Outputs that its container had not published yet lie where it writes: those are its own to spoil.
      if input < 1000, !amidOthers { expectEqual(output, input * input, "output \(index) beside \(crime)") }
    case .failure(let error):
      expect(input >= 1000, "an honest input beside \(crime) failed: \(error)")
      guard case .crashed = error.reason else { fail("\(crime): \(error)") }
      expectEqual(error.attempts, 2, "the attempts of \(crime)")
      expect(
        error.description.contains(crime.verdict) || !lingering || amidOthers,
        "the error of \(crime) is \"\(error)\"")
    }
  }
}

private func offend(
  _ function: Function<Int, Int>, _ crime: RingCrime, lingering: Bool, amidOthers: Bool = false
) async throws {
  let code = (crime.rawValue + 1) * 1000 + (lingering ? 0 : 1)
  // What does not end by itself takes its time.
  let inputs = crime.isEndless ? Array(0..<40) + [code] + Array(40..<80) : infiltrated(by: code)
  async let first = function.map(inputs).results.collect()
  async let second = function.map(inputs).results.collect()
  check(try await first, inputs, crime, lingering: lingering, amidOthers: amidOthers)
  check(try await second, inputs, crime, lingering: lingering, amidOthers: amidOthers)
  let squares = (0..<100).map { $0 * $0 }
  expectEqual(try await function.map(0..<100).collect(), squares, "what follows \(crime)")
}

let hostileScenarios = ScenarioGroup(
  name: "hostile",
  // Without a limit, pieces without end are taken until half of the machine's memory is full.
  scenarios: RingCrime.allCases.filter { littleMemory != nil || $0 != .piecesForever }.map { crime in
    Scenario(name: "nonsense in a lane costs one input: \(crime)", functions: [single]) { _ in
      try await offend(single, crime, lingering: true)
    }
  } + [
    Scenario(name: "nonsense in a lane costs one input that goes on", functions: [single]) { _ in
      for crime in RingCrime.allCases where !crime.isEndless {
        try await offend(single, crime, lingering: false)
      }
    },
    Scenario(name: "nonsense in a lane costs one input among many of a chunk", functions: [many]) { _ in
      // It lingers: one that goes on may have written over outputs that its own chunk has not published yet.
      for crime in RingCrime.allCases where !crime.isEndless {
        try await offend(many, crime, lingering: true, amidOthers: true)
      }
    },
  ] + hostileMemoryScenarios + hostileProcessScenarios + hostileOutputScenarios)
