// Inputs are given away: a sequence that is still used afterwards is refused, one that is not may be of any type.
// swift-format-ignore-file

import Gantry

let note = Function("note") { (x: Int) in _ = x }

final class Countdown: Sequence, IteratorProtocol {
  var left = 3
  func next() -> Int? {
    left -= 1
    return left < 0 ? nil : left
  }
}

func given() async throws {
  let inputs = Countdown()
  try await note.forEach(inputs)
}

func kept() async throws {
  let inputs = Countdown()
  let results = note.map(inputs)  // error: sending 'inputs' risks causing data races
  inputs.left = 5
  _ = try await results.collect()
}
