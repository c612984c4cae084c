import Gantry
print("gantry")
