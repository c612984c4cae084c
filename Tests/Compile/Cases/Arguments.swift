// Bodies with an argument that cannot travel are told so.
// swift-format-ignore-file

import Gantry

final class Rock: Sendable {}

let one = Function { (rock: Rock) in 1 }  // error: An argument of this body is no Payload
let second = Function { (x: Int, rock: Rock) in x }  // error: An argument of this body is no Payload
let named = Function("named") { (rock: Rock) in 1 }  // error: An argument of this body is no Payload
let nothing = Function { (rock: Rock) in _ = rock }  // error: An argument of this body is no Payload
let later = Function { (rock: Rock) async in 1 }  // error: An argument of this body is no Payload
let statements = Function { (rock: Rock) in  // error: An argument of this body is no Payload
  let other = rock
  return other === rock
}
