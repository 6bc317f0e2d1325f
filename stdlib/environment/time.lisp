(in-package "ROOK-KERNEL")

;;;; Clocks: internal time, universal time, SLEEP, TIME.

(defconstant internal-time-units-per-second 1000000)

(defun get-internal-real-time () (%primitive real-time))
(defun get-internal-run-time () (%primitive run-time))

(defun get-universal-time () (+ (%primitive unix-time) +unix-epoch+))

(defun sleep (seconds)
  (unless (and (realp seconds) (not (minusp seconds)))
    (error 'type-error :datum seconds :expected-type '(real 0)))
  (%primitive sleep (min (values (floor (* (rational seconds) 1000000))) most-positive-fixnum))
  nil)

;;; Dates. Day 0 is the first of January 1900, which was a Monday.

(defun %leap-year-p (year)
  (and (zerop (mod year 4))
       (or (not (zerop (mod year 100))) (zerop (mod year 400)))))

(defun %days-before-year (year)
  ;; Days from the start of 1900 to that of YEAR.
  (let ((last (1- year)))
    (- (+ (* 365 (- year 1900)) (floor last 4) (- (floor last 100)) (floor last 400))
       460)))

(defun %days-in-month (month year)
  (case month
    ((4 6 9 11) 30)
    (2 (if (%leap-year-p year) 29 28))
    (t 31)))

(defun %split-days (days)
  ;; Values: day of the month, month, year.
  (let ((year (+ 1900 (floor days 366))))
    (do () ((< days (%days-before-year (1+ year))))
      (incf year))
    (let ((rest (- days (%days-before-year year))) (month 1))
      (do () ((< rest (%days-in-month month year)))
        (decf rest (%days-in-month month year))
        (incf month))
      (values (1+ rest) month year))))

(defun decode-universal-time (universal-time &optional time-zone)
  (let* ((offset (if time-zone
                     (* -3600 time-zone)
                     (%primitive local-time-offset (- universal-time +unix-epoch+))))
         (summer (if time-zone nil (%second-value)))
         (local (+ universal-time offset)))
    (multiple-value-bind (days seconds) (floor local 86400)
      (multiple-value-bind (day month year) (%split-days days)
        (multiple-value-bind (hour rest) (floor seconds 3600)
          (multiple-value-bind (minute second) (floor rest 60)
            (values (values (floor second)) minute hour day month year (mod days 7) summer
                    (or time-zone (/ (- (if summer 3600 0) offset) 3600)))))))))

(defun get-decoded-time () (decode-universal-time (get-universal-time)))

(defun %full-year (year)
  ;; Years of two digits are within fifty years of now.
  (if (<= 0 year 99)
      (multiple-value-bind (second minute hour day month now) (get-decoded-time)
        (declare (ignore second minute hour day month))
        (let ((candidate (+ year (* 100 (floor now 100)))))
          (cond ((> candidate (+ now 49)) (- candidate 100))
                ((<= candidate (- now 51)) (+ candidate 100))
                (t candidate))))
      year))

(defun encode-universal-time (second minute hour date month year &optional time-zone)
  (let* ((year (%full-year year))
         (days (+ (%days-before-year year) (1- date))))
    (do ((m 1 (1+ m)))
        ((>= m month))
      (incf days (%days-in-month m year)))
    (let ((utc (+ second (* 60 (+ minute (* 60 (+ hour (* 24 days))))))))
      (if time-zone
          (+ utc (* 3600 time-zone))
          ;; The offset at the time itself, found by way of the offset near it.
          (let* ((near (- utc (%primitive local-time-offset (- utc +unix-epoch+)))))
            (- utc (%primitive local-time-offset (- near +unix-epoch+))))))))

;;; TIME.

(defun %seconds-text (microseconds)
  (format nil "~,3F" (/ microseconds 1000000d0)))

(defun %call-with-timing (function)
  (let ((real (%primitive real-time))
        (run (%primitive run-time))
        (before (%primitive gc-stats)))
    (multiple-value-prog1 (funcall function)
      (let ((real (- (%primitive real-time) real))
            (run (- (%primitive run-time) run))
            (after (%primitive gc-stats)))
        (format *trace-output*
                "~&Evaluation took:~%  ~A seconds of real time~%  ~A seconds of run time~%  ~
                 ~A seconds in ~D collection~:P~%  ~:D bytes allocated~%"
                (%seconds-text real) (%seconds-text run)
                (%seconds-text (- (fifth after) (fifth before)))
                (- (+ (first after) (second after)) (+ (first before) (second before)))
                (- (fourth after) (fourth before)))))))

(defmacro time (form)
  `(%call-with-timing (lambda () ,form)))
