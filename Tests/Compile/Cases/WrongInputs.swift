// Inputs of another type are an error, and so are sequences of both kinds in one call.
// swift-format-ignore-file

import Gantry

let note = Function("note") { (x: Int) in _ = x }
let multiply = Function("multiply") { (a: Int, b: Int) in a * b }

func wrong(_ stream: AsyncStream<Int>) async throws {
  _ = note.map(["text"])  // error: cannot convert value of type 'String'
  _ = multiply.map([1], stream)  // error: 'AsyncStream<Int>' conform to 'Sequence'
}
