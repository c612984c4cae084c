// Bodies whose result cannot travel are told so, in every shape, and never taken for bodies without a result.
// swift-format-ignore-file

import Gantry

struct Stone { var weight = 1 }
final class Rock: Sendable {}

let one = Function { (x: Int) in Stone(weight: x) }  // warning: The result of this body is no Payload
let named = Function("named") { (x: Int) in Stone(weight: x) }  // warning: The result of this body is no Payload
let object = Function { (x: Int) in Rock() }  // warning: The result of this body is no Payload
let two = Function { (x: Int, y: Int) in Rock() }  // warning: The result of this body is no Payload
let later = Function { (x: Int) async in Rock() }  // warning: The result of this body is no Payload
let laterTwo = Function { (x: Int, y: Int) async in Rock() }  // warning: The result of this body is no Payload
let array = Function { (x: Int) in [Rock()] }  // warning: The result of this body is no Payload
let said = Function { (x: Int) -> Rock in Rock() }  // warning: The result of this body is no Payload
let statements = Function { (x: Int) in  // warning: The result of this body is no Payload
  let rock = Rock()
  return rock
}
let state = Function(enter: { 1 }) { (s: Int, x: Int) in Rock() }  // warning: The result of this body is no Payload
let stateTwo = Function(enter: { 1 }) { (s: Int, x: Int, y: Int) in  // warning: The result of this body is no Payload
  Rock()
}
