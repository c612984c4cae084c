// Promises about containers that damage the memory they share, or lie in it about what they do.

import Gantry
import Glibc

private let retries = Retries(maxRetries: 1, initialDelay: .milliseconds(1))

/// Squares below 1000; from there on the thousands name a crime.
private func squareOrRage(_ x: Int) -> Int {
  if x >= 1000, let crime = WildCrime(rawValue: x / 1000 - 1) {
    crime.commit()
    if x % 1000 == 1 { nap(30) }
  }
  return x * x
}

private let single = Function(
  "single", options: .init(maxContainers: 2, crashRetries: retries, chunking: .fixed(1)), squareOrRage)
private let many = Function("many", options: .init(maxContainers: 2, crashRetries: retries), squareOrRage)
private let wide = Function(
  "wide", options: .init(maxContainers: 3, crashRetries: .none, chunking: .fixed(1))
) { (x: Int) async -> Int in
  if x % 3 == 0 { await Task.yield() }
  return squareOrRage(x)
}
private let crowded = Function(
  "crowded", options: .init(maxContainers: 2, crashRetries: retries, inputConcurrency: 4)
) { (x: Int) async -> Int in
  if x % 3 == 0 { await Task.yield() }
  return squareOrRage(x)
}

/// Honest inputs have their outputs; of a hostile one nothing is known but that it cost at most its budget.
private func check(
  _ results: [Result<Int, InputError>], _ inputs: [Int], attempts: Int, _ crime: WildCrime,
  sparing: (Int) -> Bool = { _ in false }
) {
  expectEqual(results.count, inputs.count, "the results of \(crime)")
  for (index, result) in results.enumerated() {
    let input = inputs[index]
    switch result {
    case .success(let output):
      if input < 1000, !sparing(index) {
        expectEqual(output, input * input, "output \(index) beside \(crime)")
      }
    case .failure(let error):
      expect(input >= 1000, "an honest input beside \(crime) failed: \(error)")
      guard case .crashed(let exit) = error.reason else { fail("\(crime): \(error)") }
      expectEqual(error.attempts, attempts, "the attempts of \(crime)")
      expect(exit.pid > 0, "\(crime): \(error)")
      print("\(crime): \(error)")
    }
  }
}

private func rage(
  _ function: Function<Int, Int>, attempts: Int, _ crime: WildCrime, _ manner: Int,
  sparing: (Int) -> Bool = { _ in false }
) async throws {
  let inputs = infiltrated(by: (crime.rawValue + 1) * 1000 + manner)
  async let first = function.map(inputs).results.collect()
  async let second = function.map(inputs).results.collect()
  check(try await first, inputs, attempts: attempts, crime, sparing: sparing)
  check(try await second, inputs, attempts: attempts, crime, sparing: sparing)
  let squares = (0..<100).map { $0 * $0 }
  expectEqual(try await function.map(0..<100).collect(), squares, "what follows \(crime)")
}

let hostileMemoryScenarios =
  WildCrime.allCases.map { crime in
    Scenario(name: "damaged memory costs one input: \(crime)", functions: [single]) { _ in
      try await rage(single, attempts: 2, crime, 0) { _ in crime.liesAboutClaims }
      try await rage(single, attempts: 2, crime, 1) { _ in crime.liesAboutClaims }
    }
  } + [
    Scenario(name: "damaged memory costs one input among many of a chunk", functions: [many]) { _ in
      for crime in WildCrime.allCases {
        // Outputs before it that lie in the same open record are its own to spoil.
        try await rage(many, attempts: 2, crime, 0) { _ in crime.spoilsOpenRecord || crime.liesAboutClaims }
        try await rage(many, attempts: 2, crime, 1) { _ in crime.spoilsOpenRecord || crime.liesAboutClaims }
      }
    },
    Scenario(name: "damaged memory costs one input of an asynchronous body", functions: [wide]) { _ in
      for crime in WildCrime.allCases {
        try await rage(wide, attempts: 1, crime, 1) { _ in crime.liesAboutClaims }
      }
    },
    Scenario(name: "damaged memory costs one of several inputs in a container", functions: [crowded]) { _ in
      for crime in WildCrime.allCases {
        try await rage(crowded, attempts: 2, crime, 1) { _ in crime.liesAboutClaims }
      }
    },
  ]

extension WildCrime {
  /// Whether it may write other outputs over those that its container has not published yet.
  fileprivate var spoilsOpenRecord: Bool {
    switch self {
    case .scribbleOverEverything, .scribbleOverRegion, .scribbleOverRing, .zeroRegion, .removePages,
      .punchRegion,
      .nameOtherInput:
      true
    default: false
    }
  }

  /// Whether it says of a descriptor that it did not claim it.
  ///
  /// What it is given in its place it may take for the old one, and answer for it: those are results of its own, too.
  fileprivate var liesAboutClaims: Bool {
    switch self {
    case .claimOneBehind, .claimNothingAndExit, .scribbleOverRegion, .scribbleOverPage, .zeroRegion,
      .zeroPage:
      true
    default: false
    }
  }
}
