(format t "[~10<left~;right~>] [~10:<x~>] [~10@<x~>] [~11:@<mid~>]~%")
(format t "[~21<a~;b~;c~>]~%")
