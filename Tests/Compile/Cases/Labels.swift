// A tuple with labels is no result that travels, nor one with a part that does not.
// swift-format-ignore-file

import Gantry

final class Rock: Sendable {}

let labelled = Function { (x: Int) in (half: x / 2, rest: x % 2) }  // warning: The result of this body is no Payload
let part = Function { (x: Int) in (x, Rock()) }  // warning: The result of this body is no Payload
