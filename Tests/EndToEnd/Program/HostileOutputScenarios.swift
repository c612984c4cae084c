// Promises about outputs that are no values of their type although all checksums are right.

import CGantryRing
import Gantry
import Glibc

private enum Colour: String, Codable { case red, green }

private struct Card: Payload, Codable {
  var colour: Colour
  var isFaceUp: Bool
  var text: String
}

/// A forger that ends its container may be taken for the input that waits behind it there: that one has a budget.
private let options = FunctionOptions(
  maxContainers: 2, crashRetries: .init(maxRetries: 3, initialDelay: .zero), chunking: .fixed(1))

/// Publishes bytes as the output of the input that runs, and is gone.
private func forge(_ x: Int) {
  guard x < 0 else { return }
  let lane = HostileLane.own
  let forgery = forgeries[-x - 1]
  if forgery.isBehindPiece {
    lane.publish(lane.honestRecord(Int(GANTRY_RECORD_MORE), last: false), RingCrime.piece)
  }
  lane.publish(lane.honestRecord(Int(forgery.kind)), forgery.bytes)
  lane.awaitDrained()
  _exit(0)
}

/// What a container sends as an output that no correct one would.
private struct Forgery {
  var name: String
  var bytes: [UInt8]
  var kind = GANTRY_RECORD_OUTPUTS
  var isBehindPiece = false

  init(_ name: String, _ bytes: [UInt8]) { (self.name, self.bytes) = (name, bytes) }

  /// The last piece of an array of bytes, where the function has another output.
  init(bytesOf name: String, isBehindPiece: Bool) {
    self.init(name, [1, 2, 3])
    kind = GANTRY_RECORD_BYTES
    self.isBehindPiece = isBehindPiece
  }
}

private let forgeries = [
  Forgery("nothing", []),
  Forgery("half a frame", [1, 0]),
  Forgery("an empty frame", [0, 0, 0, 0]),
  Forgery("a frame longer than its record", [200, 0, 0, 0, 1, 2, 3]),
  Forgery("a frame as long as memory", [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 127]),
  Forgery("a frame of negative length", [255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 128]),
  Forgery("bytes that are no UTF-8", [4, 0, 0, 0, 3, 0xff, 0xc0, 0x80]),
  Forgery("a count without its elements", [5, 0, 0, 0, 255, 255, 255, 255, 15]),
  Forgery("neither true nor false", [1, 0, 0, 0, 7]),
  Forgery("random bytes", [32, 0, 0, 0] + (0..<32).map { UInt8(truncatingIfNeeded: $0 * 73 + 41) }),
  Forgery("only ones", [64, 0, 0, 0] + [UInt8](repeating: 255, count: 64)),
  Forgery(bytesOf: "an array of bytes", isBehindPiece: false),
  Forgery(bytesOf: "an array of bytes in pieces", isBehindPiece: true),
]

private let text = Function("text", options: options) { (x: Int) -> String in
  forge(x)
  return "\(x)"
}
private let truth = Function("truth", options: options) { (x: Int) -> Bool in
  forge(x)
  return x % 2 == 0
}
private let card = Function("card", options: options) { (x: Int) -> Card in
  forge(x)
  return Card(colour: .green, isFaceUp: true, text: "\(x)")
}
private let table = Function("table", options: options) { (x: Int) -> [String: [Bool]] in
  forge(x)
  return ["\(x)": [true, false]]
}
private let optional = Function("optional", options: options) { (x: Int) -> Character? in
  forge(x)
  return x % 2 == 0 ? "x" : nil
}

/// Every forgery among honest inputs: each honest one gives its output, each forgery an error or some value of the type.
private func check<Output: Payload>(_ function: Function<Int, Output>, _ isRight: (Int, Output) -> Bool)
  async throws
{
  let inputs = (0..<forgeries.count).flatMap { [$0 * 2, -$0 - 1, $0 * 2 + 1] }
  let results = try await function.map(inputs).results.collect()
  expectEqual(results.count, inputs.count)
  for (index, result) in results.enumerated() {
    let input = inputs[index]
    switch result {
    case .success(let output):
      if input >= 0 { expect(isRight(input, output), "output \(index) is \(output)") }
      // Whatever it is, it can be looked at.
      expect(!"\(output)".isEmpty || Output.self == String.self, "no description")
    case .failure(let error):
      expect(input < 0, "an honest input failed: \(error)")
      guard case .undeliverable = error.reason else { fail("\(forgeries[-input - 1].name): \(error)") }
      print("\(forgeries[-input - 1].name): \(error)")
    }
  }
  let again = try await function.map(0..<20).collect()
  for (x, output) in again.enumerated() { expect(isRight(x, output), "then \(x) gave \(output)") }
}

let hostileOutputScenarios = [
  Scenario(name: "what is no text is no output", functions: [text]) { _ in
    try await check(text) { $1 == "\($0)" }
  },
  Scenario(name: "what is neither true nor false is no output", functions: [truth]) { _ in
    try await check(truth) { $1 == ($0 % 2 == 0) }
  },
  Scenario(name: "what is no value of a Codable type is no output", functions: [card]) { _ in
    try await check(card) { $1.text == "\($0)" && $1.colour == .green && $1.isFaceUp }
  },
  Scenario(name: "what is no dictionary or optional is no output", functions: [table, optional]) { _ in
    try await check(table) { $1 == ["\($0)": [true, false]] }
    try await check(optional) { $1 == ($0 % 2 == 0 ? "x" : nil) }
  },
]
