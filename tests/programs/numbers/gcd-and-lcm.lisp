(print (list (gcd) (gcd 12) (gcd 12 18) (gcd -12 18) (gcd 0 5) (gcd 12 18 27)))
(print (list (lcm) (lcm 4) (lcm 4 6) (lcm -4 6) (lcm 0 5) (lcm 2 3 4 5)))
(print (gcd (expt 2 100) (expt 6 50)))
(terpri)
