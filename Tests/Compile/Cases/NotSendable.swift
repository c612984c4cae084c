// Arguments and results that are not even Sendable are told what they lack.
// swift-format-ignore-file

import Gantry

final class Heap { var items = [1] }

func make() {
  _ = Function { (heap: Heap) in 1 }  // error: An argument of this body is no Payload
  _ = Function { (x: Int) in Heap() }  // warning: The result of this body is no Payload
  _ = Function { (x: Int, heap: Heap) in 1 }  // error: type 'Heap' does not conform to the 'Sendable' protocol
}
