// Bodies with a state and an argument that cannot travel are told so.
// swift-format-ignore-file

import Gantry

final class Rock: Sendable {}

let one = Function(enter: { 1 }) { (s: Int, rock: Rock) in 1 }  // error: An argument of this body is no Payload
let two = Function("two", enter: { 1 }) { (s: Int, x: Int, rock: Rock) in  // error: An argument of this body is no Payload
  x
}
let nothing = Function(enter: { Rock() }) { (s: Rock, rock: Rock) in  // error: An argument of this body is no Payload
  _ = rock
}
