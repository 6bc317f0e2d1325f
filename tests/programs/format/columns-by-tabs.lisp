(format t "a~10Tb~20Tc~%")
(format t "abc~2,4Td~%")
(format t "ab~3@Tc~%")
